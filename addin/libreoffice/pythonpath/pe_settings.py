"""The settings that travel in a document: the hidden sheet "Power Engine".

A header, then a row per setting: Setting, Cell, Value, Name. Cells are live references
(=$Inputs.$B$3), so that inserted rows and renamed sheets are followed, and so are the references
among a distribution's parameters, which then stand in Value as a live formula; a distribution of
numbers alone is text, pert(1,2,5). The host reads the same sheet from saved files.

Invariant: every change is one step of Undo, and nothing else in the document changes.
"""
import contextlib
import re

import pe_document
from pe_dialog_texts import T

SHEET = "Power Engine"
HEADER = ("Setting", "Cell", "Value", "Name")
INPUT, OUTPUT, FREEZE = "Input", "Output", "Freeze"
TRIALS, SEED, SAMPLING = "Trials", "Seed", "Sampling"
MONTE_CARLO, LATIN_HYPERCUBE = "monte_carlo", "latin_hypercube"
SAMPLING_TEXTS = {MONTE_CARLO: "Monte Carlo", LATIN_HYPERCUBE: "Latin hypercube"}
TRIALS_DEFAULT, SEED_DEFAULT = 10000, 1
ROWS_MAX = 20000  # of settings read; more are no settings of a person

REFERENCE = re.compile(r"^=\$?('(?:[^']|'')*'|[^'.]+)\.\$?([A-Z]{1,3})\$?([0-9]+)$")


class Row:
    """One setting as it stands in the sheet; cell: (sheet name, row, column), None: gone."""

    def __init__(self, line, kind, reference, value, name):
        self.line = line            # row of the settings sheet, from 0
        self.kind = kind
        self.reference = reference  # the formula in column Cell, "" for none
        self.cell = cell_of(reference)
        self.value = value          # number, text, or a live formula beginning with "="
        self.name = name


def cell_of(reference):
    """("Inputs", 2, 1) for "=$Inputs.$B$3"; None for what is no reference to one cell."""
    match = REFERENCE.match(reference)
    if match is None:
        return None
    sheet, letters, digits = match.groups()
    if sheet.startswith("'"):
        sheet = sheet[1:-1].replace("''", "'")
    return sheet, int(digits) - 1, pe_document.column_number(letters)


def reference_to(cell):
    """"=$'My Sheet'.$B$3" for ("My Sheet", 2, 1)."""
    sheet, row, column = cell
    return "=$'%s'.$%s$%d" % (sheet.replace("'", "''"), pe_document.column_name(column), row + 1)


def address_of(cell):
    """'My Sheet'!B3, as the host writes it."""
    return pe_document.address_text(*cell)


def sheet_of(document):
    """The settings sheet, None where there is none."""
    sheets = document.getSheets()
    for name in sheets.getElementNames():
        if name.lower() == SHEET.lower():
            return sheets.getByName(name)
    return None


def read(document):
    """All settings, in the order of the sheet."""
    sheet = sheet_of(document)
    if sheet is None:
        return []
    cursor = sheet.createCursor()
    cursor.gotoEndOfUsedArea(False)
    last = min(cursor.getRangeAddress().EndRow, ROWS_MAX)
    if last < 1:
        return []
    area = sheet.getCellRangeByPosition(0, 1, 3, last)
    rows = []
    for index, (data, formulas) in enumerate(zip(area.getDataArray(), area.getFormulaArray())):
        kind = str(data[0]).strip()
        if not kind:
            continue
        reference = formulas[1] if formulas[1].startswith("=") else ""
        live = formulas[2].startswith("=") and formulas[2] != data[2]
        rows.append(Row(index + 1, kind, reference, formulas[2] if live else data[2],
                        str(data[3])))
    return rows


def is_kind(row, kind):
    """The host does not mind case, nor do we."""
    return row.kind.lower() == kind.lower()


def value_of(document, kind):
    """A setting that stands once, such as Trials; None where it is not given. The first counts."""
    for row in read(document):
        if is_kind(row, kind):
            return row.value
    return None


def choices(document):
    """Trials, seed and sampling as they stand or by default."""
    trials, seed = value_of(document, TRIALS), value_of(document, SEED)
    sampling = value_of(document, SAMPLING)
    latin = isinstance(sampling, str) and sampling.lower() == "latin hypercube"
    return {"trials": whole(trials, TRIALS_DEFAULT), "seed": whole(seed, SEED_DEFAULT),
            "sampling": LATIN_HYPERCUBE if latin else MONTE_CARLO}


def whole(value, default):
    """A count as the host reads it: a number or its text."""
    try:
        number = int(float(value))
    except (TypeError, ValueError):
        return default
    return number if number >= 0 else default


def settings_of_cell(document, kind, cell):
    """The rows of a kind that name the cell."""
    return [row for row in read(document) if is_kind(row, kind) and row.cell == cell]


def refuse_locked(document):
    """A Problem where no setting can be written."""
    if document.isReadonly():
        raise pe_document.Problem(T.READ_ONLY)
    sheet = sheet_of(document)
    if sheet is not None and sheet.isProtected():
        raise pe_document.Problem(T.SETTINGS_PROTECTED)


@contextlib.contextmanager
def _changing(document, title):
    """The settings sheet, made if need be; all that happens inside is one step of Undo."""
    refuse_locked(document)
    with pe_document.one_undo_step(document, title):
        sheet = sheet_of(document)
        yield _create(document) if sheet is None else sheet


def _create(document):
    """Adds the sheet at the end, so that no other sheet's number changes, and hides it."""
    if document.isProtected():
        raise pe_document.Problem(T.STRUCTURE_PROTECTED)
    controller = document.getCurrentController()
    active = controller.getActiveSheet() if hasattr(controller, "getActiveSheet") else None
    sheets = document.getSheets()
    sheets.insertNewByName(SHEET, sheets.getCount())
    sheet = sheets.getByName(SHEET)
    header = sheet.getCellRangeByPosition(0, 0, 3, 0)
    header.setDataArray((HEADER,))
    header.CharWeight = 150.0
    for column, width in enumerate((2500, 4500, 6500, 6500)):
        sheet.getColumns().getByIndex(column).Width = width
    sheet.IsVisible = False
    if active is not None and controller.getActiveSheet() != active:
        controller.setActiveSheet(active)
    return sheet


def _write(sheet, line, kind, cell, value, name):
    """One row. Texts are never taken for formulas or numbers; "=..." in value is a formula."""
    live = isinstance(value, str) and value.startswith("=")
    sheet.getCellRangeByPosition(0, line, 3, line).setDataArray(
        ((kind, "", "" if live else value, name),))
    if cell is not None:
        sheet.getCellByPosition(1, line).setFormula(reference_to(cell))
    if live:
        sheet.getCellByPosition(2, line).setFormula(value)


def _free_line(document):
    """The first row below all settings."""
    rows = read(document)
    return rows[-1].line + 1 if rows else 1


def _remove_lines(sheet, lines):
    for line in sorted(lines, reverse=True):
        sheet.getRows().removeByIndex(line, 1)


def _set_cell(document, sheet, kind, cell, value, name):
    """Sets or updates, in place, the one setting of this kind that a cell has."""
    same = settings_of_cell(document, kind, cell)
    line = same[-1].line if same else _free_line(document)
    _write(sheet, line, kind, cell, value, name)
    _remove_lines(sheet, [row.line for row in same[:-1]])


def set_inputs(document, entries, title):
    """entries: (cell, distribution, name) each. A distribution that begins with "=" is a formula
    as Cell.setFormula takes it, with references that are followed."""
    with _changing(document, title) as sheet:
        for cell, distribution, name in entries:
            _set_cell(document, sheet, INPUT, cell, distribution, name)


def set_outputs(document, entries, title):
    """entries: (cell, name) each."""
    with _changing(document, title) as sheet:
        for cell, name in entries:
            _set_cell(document, sheet, OUTPUT, cell, "", name)


def remove(document, kind, cells, title):
    """Removes the settings of these cells; how many there were."""
    lines = [row.line for row in read(document) if is_kind(row, kind) and row.cell in cells]
    if lines:
        with _changing(document, title) as sheet:
            _remove_lines(sheet, lines)
    return len(lines)


def broken(document):
    """Settings whose cell was deleted: the host refuses them."""
    return [row for row in read(document) if row.cell is None and "#REF!" in row.reference]


def remove_rows(document, rows, title):
    """Removes settings as read."""
    if rows:
        with _changing(document, title) as sheet:
            _remove_lines(sheet, [row.line for row in rows])


def remember(document, chosen, outputs, title, frozen=()):
    """Writes what a person chose for a run, so that a headless run of the saved file agrees.

    chosen: trials, seed, sampling. outputs: None leaves them as they are, else (cell, name) of
    each. frozen: cells that keep their stored value. Only what differs from what stands there, or
    from the default, is written; True if anything was."""
    now = choices(document)
    changed = [key for key in ("trials", "seed", "sampling") if chosen[key] != now[key]]
    if outputs is not None:
        standing = [(row.cell, row.name) for row in read(document) if is_kind(row, OUTPUT)]
        if standing == outputs:
            outputs = None
    if not changed and outputs is None and not frozen:
        return False
    with _changing(document, title) as sheet:
        for key in changed:
            kind = {"trials": TRIALS, "seed": SEED, "sampling": SAMPLING}[key]
            value = SAMPLING_TEXTS[chosen[key]] if key == "sampling" else float(chosen[key])
            same = [row for row in read(document) if is_kind(row, kind)]
            _write(sheet, same[0].line if same else _free_line(document), kind, None, value, "")
        if outputs is not None:
            _replace_outputs(document, sheet, outputs)
        for cell in frozen:
            _set_cell(document, sheet, FREEZE, cell, "", "")
    return True


def _replace_outputs(document, sheet, outputs):
    """Keeps the rows of outputs that stay, removes the others, adds the new ones."""
    wanted = dict(outputs)
    gone = [row.line for row in read(document) if is_kind(row, OUTPUT) and row.cell not in wanted]
    _remove_lines(sheet, gone)
    for cell, name in outputs:
        _set_cell(document, sheet, OUTPUT, cell, "", name)
