"""Which sheets are ours: a hidden name in the sheet's own scope says which page it shows and the
area that was written. It travels with the sheet, through renaming, .ods and .xlsx.

Invariant: a sheet without the mark is never written to nor removed.
"""
import uno

NAME = "PowerEngine_Page"
HIDDEN = 16  # NamedRangeFlag.HIDDEN, which older offices do not name


class Mark:
    """What a sheet of ours shows: the page's key, the size of the written area from A1, and what
    was written into cells that are for the user to type in, {(row, column): number}."""

    def __init__(self, key, rows, columns, entries):
        self.key, self.rows, self.columns, self.entries = key, rows, columns, entries

    def text(self):
        """As it stands in the name's content: a formula that is one text."""
        entries = ";".join("%d:%d:%r" % (row, column, value)
                           for (row, column), value in sorted(self.entries.items()))
        whole = "%s|%dx%d|%s" % (self.key, self.rows, self.columns, entries)
        return '"%s"' % whole.replace('"', '""')


def mark_of(sheet):
    """The Mark of one of our sheets, else None."""
    names = sheet.NamedRanges
    if not names.hasByName(NAME):
        return None
    text = names.getByName(NAME).getContent().lstrip("=").strip()
    try:
        key, area, entries = text[1:-1].replace('""', '"').rsplit("|", 2)
        rows, columns = map(int, area.split("x"))
        parts = [entry.split(":") for entry in entries.split(";") if entry]
        return Mark(key, rows, columns, {(int(r), int(c)): float(v) for r, c, v in parts})
    except ValueError:
        return None


def key_of(sheet):
    """The key of the page that the sheet shows; None: it is not ours."""
    mark = mark_of(sheet)
    return mark.key if mark is not None else None


def write(sheet, mark):
    """Marks the sheet as ours."""
    names, content = sheet.NamedRanges, mark.text()
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
