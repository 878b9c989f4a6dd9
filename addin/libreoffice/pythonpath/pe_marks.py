"""Which sheets are ours: a hidden name in the sheet's own scope says which page it shows and the
area that was written. It travels with the sheet, through renaming, .ods and .xlsx.

Invariant: a sheet without the mark is never written to nor removed.
"""
import uno

NAME = "PowerEngine_Page"
HIDDEN = 16  # NamedRangeFlag.HIDDEN, which older offices do not name


def mark_of(sheet):
    """(key, rows, columns) of one of our sheets, else None."""
    names = sheet.NamedRanges
    if not names.hasByName(NAME):
        return None
    text = names.getByName(NAME).getContent().lstrip("=").strip().strip('"')
    key, _, area = text.rpartition("|")
    rows, _, columns = area.partition("x")
    if not key or not (rows.isdigit() and columns.isdigit()):
        return None
    return key.replace('""', '"'), int(rows), int(columns)


def key_of(sheet):
    """The key of the page that the sheet shows; None: it is not ours."""
    mark = mark_of(sheet)
    return mark[0] if mark is not None else None


def mark(sheet, key, rows, columns):
    """Marks the sheet as ours: page key, written area from A1."""
    names = sheet.NamedRanges
    content = '"%s|%dx%d"' % (key.replace('"', '""'), rows, columns)
    if names.hasByName(NAME):
        if names.getByName(NAME).getContent().lstrip("=") != content:
            names.getByName(NAME).setContent(content)
        return
    home = uno.createUnoStruct("com.sun.star.table.CellAddress")
    home.Sheet = sheet.getRangeAddress().Sheet
    names.addNewByName(NAME, content, home, HIDDEN)


def our_sheets(document, every=False):
    """The document's result sheets; of copies that show the same page the first, or every one."""
    sheets = document.getSheets()
    found, keys = [], set()
    for index in range(sheets.getCount()):
        sheet = sheets.getByIndex(index)
        key = key_of(sheet)
        if key is not None and (every or key not in keys):
            keys.add(key)
            found.append(sheet)
    return found
