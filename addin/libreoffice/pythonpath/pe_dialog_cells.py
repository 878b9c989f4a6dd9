"""The cells that a dialog is about: which are selected, what they hold, what a person calls them.

Names follow the host's rules: a defined name; else the nearest text to the left and the nearest
heading above; else the address. A cell is (sheet name, row, column), rows and columns from 0.
"""
import unicodedata

import pe_document
import pe_marks
import pe_settings
from pe_dialog_texts import T

CELLS_MAX = 500         # set at once
TITLE_ADDRESS = 40      # characters of an address in a dialog's first line
NAMES_MAX = 5000        # defined names looked through
LABEL_ROWS_MAX = 1000   # a label further up is none
LABEL_LENGTH_MAX = 120

EMPTY, NUMBER, TEXT, FORMULA = "empty", "number", "text", "formula"


def at(document, cell):
    """The XCell."""
    sheet, row, column = cell
    return document.getSheets().getByName(sheet).getCellByPosition(column, row)


def kind_of(document, cell):
    """EMPTY, NUMBER, TEXT or FORMULA."""
    return {"EMPTY": EMPTY, "VALUE": NUMBER, "TEXT": TEXT,
            "FORMULA": FORMULA}[at(document, cell).getType().value]


def selected(frame):
    """All selected cells in reading order, those beyond the used part of the sheet left out; the
    cell under the cursor where nothing else is left."""
    document = pe_document.document_of(frame)
    selection = document.getCurrentSelection()
    if hasattr(selection, "getRangeAddresses"):
        areas = selection.getRangeAddresses()
    elif hasattr(selection, "getRangeAddress"):
        areas = (selection.getRangeAddress(),)
    else:
        raise pe_document.Problem(T.NOTHING_SELECTED)
    cells = []
    for area in areas:
        _add_area(document, area, len(areas) == 1, cells)
    if not cells:
        raise pe_document.Problem(T.NOTHING_SELECTED)
    return cells


def _add_area(document, area, alone, cells):
    sheet = document.getSheets().getByIndex(area.Sheet)
    name = sheet.getName()
    if area.StartRow == area.EndRow and area.StartColumn == area.EndColumn:
        cells.append((name, area.StartRow, area.StartColumn))
        return
    cursor = sheet.createCursor()
    cursor.gotoEndOfUsedArea(False)
    used = cursor.getRangeAddress()
    last_row, last_column = min(area.EndRow, used.EndRow), min(area.EndColumn, used.EndColumn)
    count = max(0, last_row - area.StartRow + 1) * max(0, last_column - area.StartColumn + 1)
    if count + len(cells) > CELLS_MAX:
        raise pe_document.Problem(T.TOO_MANY_CELLS % (count + len(cells), CELLS_MAX))
    for row in range(area.StartRow, last_row + 1):
        for column in range(area.StartColumn, last_column + 1):
            cells.append((name, row, column))
    if alone and not cells:
        cells.append((name, area.StartRow, area.StartColumn))


def asked_for(frame, arguments, kind, title):
    """The cells that a command is about: what a script gave, else the selection. Empty where the
    command was to remove their settings of this kind, which is done then, as the step title."""
    document = pe_document.document_of(frame)
    if arguments.get("Cells"):
        cells = [given_cell(document, text) for text in arguments["Cells"].split(";")]
    else:
        cells = selected(frame)
    _refuse_our_sheets(document, cells)
    pe_settings.refuse_locked(document)
    if arguments.get("Remove"):
        pe_settings.remove(document, kind, cells, title)
        return []
    return cells


def given_cell(document, text):
    """A cell from its address; Problem where there is no such cell."""
    try:
        cell = pe_document.parse_address(text)
        at(document, cell)
    except Exception as error:  # the office's own say nothing to a person
        raise pe_document.Problem(T.NO_SUCH_CELL % text) from error
    return cell


def _refuse_our_sheets(document, cells):
    """Our settings and results are no part of the model."""
    for name in {cell[0] for cell in cells}:
        sheet = document.getSheets().getByName(name)
        if name.lower() == pe_settings.SHEET.lower() or pe_marks.key_of(sheet) is not None:
            raise pe_document.Problem(T.INPUT_SHEET_IS_OURS)


def short(cell):
    """The cell's address for a dialog's first line."""
    return pe_document.short_address(pe_settings.address_of(cell), TITLE_ADDRESS)


def name_of(document, cell):
    """What a person would call the cell."""
    defined = _defined_name(document, cell)
    if defined:
        return defined
    sheet_name, row, column = cell
    sheet = document.getSheets().getByName(sheet_name)
    left, above = _label_left(sheet, row, column), _label_above(sheet, row, column)
    if left and above:
        return "%s / %s" % (left, above)
    return left or above or pe_settings.address_of(cell)


def names_of(document, cells):
    """The names of several cells, each different: with the address where two would be the same."""
    names = [name_of(document, cell) for cell in cells]
    return [name if names.count(name) == 1 else "%s (%s)" % (name, pe_settings.address_of(cell))
            for name, cell in zip(names, cells)]


def _defined_name(document, cell):
    sheet, row, column = cell
    wanted = pe_settings.reference_to(cell)[1:]
    plain = "$%s.$%s$%d" % (sheet, pe_document.column_name(column), row + 1)
    names = document.NamedRanges
    for name in names.getElementNames()[:NAMES_MAX]:
        if names.getByName(name).getContent() in (wanted, plain):
            return name
    return ""


def _is_label(value):
    return isinstance(value, str) and any(unicodedata.category(c)[0] == "L" for c in value)


def _clean(text):
    return " ".join(text.split())[:LABEL_LENGTH_MAX].rstrip(":").rstrip()


def _label_left(sheet, row, column):
    if column == 0:
        return ""
    data = sheet.getCellRangeByPosition(0, row, column - 1, row).getDataArray()[0]
    for value in reversed(data):
        if _is_label(value):
            return _clean(value)
    return ""


def _label_above(sheet, row, column):
    if row == 0:
        return ""
    first = max(0, row - LABEL_ROWS_MAX)
    data = sheet.getCellRangeByPosition(column, first, column, row - 1).getDataArray()
    for offset in range(len(data) - 1, -1, -1):
        value = data[offset][0]
        if _is_label(value):
            return _clean(value)
        if isinstance(value, float) and _is_heading(sheet, first + offset, column, value):
            return _clean(sheet.getCellByPosition(column, first + offset).getString())
    return ""


def _is_heading(sheet, row, column, value):
    """A date, or a year as a person writes it."""
    text = sheet.getCellByPosition(column, row).getString()
    digits = text.replace("-", "").replace("/", "").replace(".", "")
    is_date = text != digits and digits.isdigit() and text.count(".") != 1
    return is_date or (1900 <= value <= 2200 and value == int(value) and text == str(int(value)))
