"""The live document as the host's workbook: workbook.begin, sheets in bulk, workbook.end.

Cells are read in rectangles by the office's own bulk calls; blank space between them is not read.
Invariant: every formula reaches the host as a formula. One that the office does not hold (a table
reference in Calc 7.4, say) is taken from the unmodified file, else it is an error.
"""
import array
import itertools
import re

import pe_document
import pe_formats
import pe_marks
import uno
from com.sun.star.sheet.CellFlags import DATETIME, FORMULA, STRING, VALUE
from com.sun.star.sheet.FormulaResult import ERROR

CONTENT = VALUE | DATETIME | STRING | FORMULA
CHUNK_CELLS = 200000      # read and sent at once
GAP_COLUMNS = 8           # so many blank columns do not part a rectangle
WASTE_SHARE = 0.5         # blank cells of a rectangle, as a share, that merging may cost
WASTE_CELLS = 2000        # or so many, whatever the share
KIND_BLANK, KIND_NUMBER, KIND_TEXT, KIND_BOOLEAN, KIND_ERROR = range(5)
KINDS = {float: KIND_NUMBER, str: KIND_TEXT, type(None): KIND_ERROR}

# Calc's error codes and the protocol's, as Calc itself maps them when it saves for Excel. All
# other codes are #N/A there; here #VALUE!, so that none passes for a lookup that found nothing.
ERRORS = {521: 1, 532: 2, 524: 4, 525: 5, 503: 6, 523: 6, 32767: 7}
ERROR_VALUE = 3
# What the compiler of formulas says when a formula cannot be read: the text is not a formula.
UNREADABLE = frozenset((501, 507, 508, 509, 510, 511, 512, 514, 516, 517, 518, 520, 533))

EXCEL_FILTERS = ("MS Excel", "Calc MS Excel")
LOGICAL = re.compile(r"[<>]|(?<!^)=|\b(?:TRUE|FALSE|AND|OR|NOT|XOR|EXACT|IS[A-Z]+)\(|^=\$?[^(]*$")


class Snapshot:
    """What was sent, for updates: sheets in the host's order."""

    def __init__(self, book):
        self.book = book
        self.sheets = []      # names, the host's index is the position
        self.cells = 0
        self.reading = 0.0    # seconds in the office's own bulk calls


def is_excel(document):
    """Whether the document was loaded from one of Excel's formats: then Excel's rules hold."""
    for argument in document.getArgs():
        if argument.Name == "FilterName":
            return argument.Value.startswith(EXCEL_FILTERS)
    return False


def file_of(document):
    """The path of the document's file, "" for a new document or one that is elsewhere."""
    url = document.getURL()
    return uno.fileUrlToSystemPath(url) if url.startswith("file:") else ""


def model_sheets(document):
    """The sheets that are not our results."""
    sheets = document.getSheets()
    for index in range(sheets.getCount()):
        sheet = sheets.getByIndex(index)
        if pe_marks.key_of(sheet) is None:
            yield sheet


def send(context, document, client, clock):
    """Sends the whole document; a Snapshot. client: see pe_session. clock: seconds, to measure."""
    sheets = list(model_sheets(document))
    try:
        book = client.request("workbook.begin", _begin(context, document, sheets))["book"]
        snapshot = Snapshot(book)
        formats = pe_formats.Formats(document)
        for index, sheet in enumerate(sheets):
            snapshot.sheets.append(sheet.getName())
            _send_sheet(document, sheet, index, client, formats, snapshot, clock)
        client.settle()
        client.request("workbook.end", {"book": book})
        return snapshot
    except Unreadable as formula:
        path = file_of(document)
        if path and not document.isModified() and is_excel(document):
            return Snapshot(client.request("workbook.open", {"path": path})["book"])
        raise pe_document.Problem(
            "%s: this version of LibreOffice cannot hold the formula %s. %s" % (
                formula.cell, formula.text,
                "Save the changes elsewhere, open the file again and run it unchanged."
                if path and is_excel(document) else "Rewrite it without table references."))


class Unreadable(Exception):
    """A formula that the office has no understanding of."""

    def __init__(self, cell, text):
        super().__init__(cell)
        self.cell = cell
        self.text = text


def _begin(context, document, sheets):
    null = document.NullDate
    excel = is_excel(document)
    path = file_of(document)
    message = {
        "name": document.getTitle(), "application": pe_document.application(context),
        "dialect": "calc", "semantics": "excel" if excel else "calc",
        "calc": dict(_conversion(context), **{
            "wildcards": bool(document.Wildcards), "whole_cell": bool(document.MatchWholeCell),
            "regex": bool(document.RegularExpressions) and not document.Wildcards,
            "case_sensitive": not document.IgnoreCase,
            "null_date": [null.Year, null.Month, null.Day]}),
        "date1904": null.Year == 1904,
        "iterate": bool(document.IsIterationEnabled), "iterate_count": document.IterationCount,
        "iterate_delta": document.IterationEpsilon,
        "manual": not document.isAutomaticCalculationEnabled(),
        "precision_as_displayed": bool(document.CalcAsShown),
        "locale": _locale(document),
        "sheets": [{"name": sheet.getName(), "state": "visible" if sheet.IsVisible else "hidden"}
                   for sheet in sheets],
        "names": _names(document, sheets), "tables": _tables(document, sheets)}
    if path:
        message["path"] = path
    return message


def _locale(document):
    locale = document.CharLocale
    return locale.Language + ("-" + locale.Country if locale.Country else "")


def _conversion(context):
    """Tools > Options > Calc > Formula > Detailed: what text in arithmetic counts as."""
    try:
        node = pe_document.configuration(context, "/org.openoffice.Office.Calc/Formula/Syntax")
        text = node.getByName("StringConversion")
        empty = bool(node.getByName("EmptyStringAsZero"))
    except Exception:  # an office without the settings has the defaults
        text, empty = None, False
    # 0 error, 1 zero, 2 where unambiguous, 3 by locale
    return {"text_is_error": text == 0, "text_is_zero": text == 1,
            "empty_text_is_zero": empty or text == 1}


def _names(document, sheets):
    """Defined names, relative to A1 of their scope's sheet or the first."""
    names = []
    scopes = [(None, document.NamedRanges)]
    scopes += [(index, sheet.NamedRanges) for index, sheet in enumerate(sheets)]
    for scope, container in scopes:
        for name in container.getElementNames():
            named = container.getByName(name)
            entry = {"name": name, "formula": "=" + _rebased(document, named, scope, sheets)}
            if scope is not None:
                entry["sheet"] = scope
            names.append(entry)
    return names


def _rebased(document, named, scope, sheets):
    """A name's formula as it reads from A1: references that move are relative to the cell where
    the name was defined."""
    content, base = named.getContent(), named.getReferencePosition()
    home = uno.createUnoStruct("com.sun.star.table.CellAddress")
    home.Sheet = sheets[scope or 0].getRangeAddress().Sheet
    if (base.Sheet, base.Row, base.Column) == (home.Sheet, 0, 0):
        return content
    parser = document.createInstance("com.sun.star.sheet.FormulaParser")
    tokens = parser.parseFormula(content, base)
    return parser.printFormula(tokens, home)


def _tables(document, sheets):
    """Database ranges: names for areas with a header."""
    indexes = {sheet.getRangeAddress().Sheet: index for index, sheet in enumerate(sheets)}
    tables = []
    ranges = document.DatabaseRanges
    for name in ranges.getElementNames():
        found = ranges.getByName(name)
        area = found.getDataArea()
        if area.Sheet not in indexes or not found.ContainsHeader:
            continue
        sheet = sheets[indexes[area.Sheet]]
        header = sheet.getCellRangeByPosition(area.StartColumn, area.StartRow, area.EndColumn,
                                              area.StartRow).getDataArray()[0]
        tables.append({"name": name, "sheet": indexes[area.Sheet], "area": _area(area),
                       "header_rows": 1, "totals_rows": 1 if found.TotalsRow else 0,
                       "columns": [str(text) for text in header]})
    return tables


def _area(address):
    return [address.StartRow, address.StartColumn, address.EndRow - address.StartRow + 1,
            address.EndColumn - address.StartColumn + 1]


def _send_sheet(document, sheet, index, client, formats, snapshot, clock):
    found = sheet.queryContentCells(CONTENT).getRangeAddresses()
    arrays = {}
    extent = None
    for row, column, rows, columns in rectangles(
            [(a.StartRow, a.StartColumn, a.EndRow, a.EndColumn) for a in found]):
        step = max(1, CHUNK_CELLS // columns)
        for first in range(row, row + rows, step):
            count = min(step, row + rows - first)
            _send_cells(sheet, (index, first, column, count, columns), client, formats, arrays,
                        snapshot, clock)
        bottom, right = row + rows - 1, column + columns - 1
        extent = (max(bottom, extent[0]), max(right, extent[1])) if extent else (bottom, right)
    _send_rest(document, sheet, index, client, formats, arrays, extent, snapshot)


def read_cells(sheet, row, column, rows, columns, clock):
    """(formulas, values, seconds): flat lists of a rectangle, row by row."""
    area = sheet.getCellRangeByPosition(column, row, column + columns - 1, row + rows - 1)
    start = clock()
    formulas, values = area.getFormulaArray(), area.getDataArray()
    seconds = clock() - start
    chain = itertools.chain.from_iterable
    return area, list(chain(formulas)), list(chain(values)), seconds


def _send_cells(sheet, place, client, formats, arrays, snapshot, clock):
    index, row, column, rows, columns = place
    area, formulas, values, seconds = read_cells(sheet, row, column, rows, columns, clock)
    snapshot.reading += seconds
    snapshot.cells += len(formulas)
    kinds, numbers = _kinds(sheet, area, formulas, values, place[1:], formats)
    joined = "\0".join(formulas)
    if "{=" in joined or "[" in joined:
        _find_special(sheet, formulas, place[1:], arrays)
    client.sheet(snapshot.book, place, (joined + "\0").encode(), bytes(kinds), numbers,
                 "".join(v + "\0" for v, k in zip(values, kinds) if k == KIND_TEXT).encode())


def _kinds(sheet, area, formulas, values, place, formats):
    """What each cell's value is, and its number: booleans 0 or 1, errors the protocol's code."""
    kinds = bytearray(map(KINDS.__getitem__, map(type, values)))
    numbers = array.array("d", [v if v.__class__ is float else 0.0 for v in values])
    row, column, _, columns = place
    for position, formula in enumerate(formulas):
        if not formula:
            kinds[position] = KIND_BLANK
    if KIND_ERROR in kinds:
        _find_errors(sheet, area, formulas, place, kinds, numbers)
    logical = formats.logical_areas(sheet)
    for position, value in enumerate(values):
        if (value == 0.0 or value == 1.0) and kinds[position] == KIND_NUMBER:
            formula = formulas[position]
            if formula[0] == "=" and LOGICAL.search(formula) or logical and formula[0] != "=":
                r, c = divmod(position, columns)
                if formats.is_logical(sheet.getCellByPosition(column + c, row + r).NumberFormat):
                    kinds[position] = KIND_BOOLEAN
    return kinds, numbers


def _find_errors(sheet, area, formulas, place, kinds, numbers):
    row, column, _, columns = place
    for found in area.queryFormulaCells(ERROR).getRangeAddresses():
        for r in range(found.StartRow, found.EndRow + 1):
            for c in range(found.StartColumn, found.EndColumn + 1):
                position = (r - row) * columns + c - column
                code = sheet.getCellByPosition(c, r).getError()
                if code in UNREADABLE:
                    raise Unreadable(pe_document.address_text(sheet.getName(), r, c),
                                     formulas[position])
                kinds[position] = KIND_ERROR
                numbers[position] = ERRORS.get(code, ERROR_VALUE)


def outside_texts(formula):
    """The formula without what stands between quotation marks of either kind."""
    return re.sub(r'"(?:[^"]|"")*"|\'(?:[^\']|\'\')*\'', "", formula)


def _find_special(sheet, formulas, place, arrays):
    """Matrix formulas with their extent; table references, which Calc 7.4 does not understand."""
    row, column, _, columns = place
    known = set()
    for position, formula in enumerate(formulas):
        if not formula.startswith(("{=", "=")):
            continue
        r, c = divmod(position, columns)
        if formula[0] == "{" and (row + r, column + c) not in known:
            cursor = sheet.createCursorByRange(sheet.getCellByPosition(column + c, row + r))
            cursor.collapseToCurrentArray()
            found = cursor.getRangeAddress()
            arrays[(found.StartRow, found.StartColumn)] = {
                "area": _area(found), "formula": formula[1:-1], "kind": "array"}
            known.update(itertools.product(range(found.StartRow, found.EndRow + 1),
                                           range(found.StartColumn, found.EndColumn + 1)))
        if "[" in formula and "[" in outside_texts(formula):
            raise Unreadable(pe_document.address_text(sheet.getName(), row + r, column + c),
                             formula)


def _send_rest(document, sheet, index, client, formats, arrays, extent, snapshot):
    """What belongs to the sheet and not to one cell. After its cells: blocks replace them."""
    part = {"book": snapshot.book, "sheet": index, "row": 0, "column": 0, "rows": 0, "columns": 0,
            "values": []}
    if arrays:
        part["arrays"] = list(arrays.values())
    if extent is not None:
        codes = formats.areas(sheet, extent)
        if codes:
            part["formats"] = codes
        hidden = hidden_rows(sheet, extent[0])
        if hidden:
            part["hidden_rows"] = hidden
        area = _filter(document, sheet, hidden, extent)
        if area is not None:
            part["filter"] = area
    if len(part) > 7:
        client.post("workbook.sheet", part)


def hidden_rows(sheet, last):
    """[first, last] of each run of rows up to the last that are hidden or filtered."""
    column = 0
    columns = sheet.getColumns()
    while column < 100 and not columns.getByIndex(column).IsVisible:
        column += 1
    strip = sheet.getCellRangeByPosition(column, 0, column, last)
    runs, next_row = [], 0
    for found in sorted(strip.queryVisibleCells().getRangeAddresses(), key=lambda a: a.StartRow):
        if found.StartRow > next_row:
            runs.append([next_row, found.StartRow - 1])
        next_row = found.EndRow + 1
    if next_row <= last:
        runs.append([next_row, last])
    return runs


def _filter(document, sheet, hidden, extent):
    """The autofilter's area; of a filter without a name the rows that it hides."""
    number = sheet.getRangeAddress().Sheet
    ranges = document.DatabaseRanges
    for name in ranges.getElementNames():
        candidate = ranges.getByName(name)
        if candidate.AutoFilter and candidate.getDataArea().Sheet == number:
            return _area(candidate.getDataArea())
    rows = sheet.getRows()
    filtered = [run for run in hidden if rows.getByIndex(run[0]).IsFiltered]
    if not filtered:
        return None
    first = max(0, filtered[0][0] - 1)
    return [first, 0, filtered[-1][1] - first + 1, extent[1] + 1]


def rectangles(areas):
    """Disjoint rectangles (row, column, rows, columns) that cover areas of content
    (row, column, last row, last column) without reading much that is blank."""
    bounds = sorted({a[0] for a in areas} | {a[2] + 1 for a in areas})
    starts = sorted(areas)
    active, taken, open_spans, done = [], 0, None, []
    for top, bottom in zip(bounds, bounds[1:]):
        active = [a for a in active if a[2] >= top]
        while taken < len(starts) and starts[taken][0] <= top:
            active.append(starts[taken])
            taken += 1
        spans = _spans([(a[1], a[3]) for a in active])
        if open_spans is not None and not _extend(open_spans, spans, top, bottom):
            done.extend(_closed(open_spans))
            open_spans = None
        if open_spans is None and spans:
            open_spans = {"top": top, "bottom": bottom, "spans": spans,
                          "cells": (bottom - top) * _width(spans)}
    if open_spans is not None:
        done.extend(_closed(open_spans))
    return done


def _width(spans):
    return sum(last - first + 1 for first, last in spans)


def _spans(columns):
    """Columns of content as few spans from left to right, small gaps closed."""
    spans = []
    for first, last in sorted(columns):
        if spans and first <= spans[-1][1] + 1 + GAP_COLUMNS:
            spans[-1] = (spans[-1][0], max(spans[-1][1], last))
        else:
            spans.append((first, last))
    return spans


def _extend(band, spans, top, bottom):
    """Takes rows [top, bottom) into the band if that costs little blank space."""
    if not spans or band["bottom"] != top:
        return False
    union = _spans(band["spans"] + spans)
    cells = band["cells"] + (bottom - top) * _width(spans)
    blank = (bottom - band["top"]) * _width(union) - cells
    if blank > max(WASTE_CELLS, WASTE_SHARE * cells):
        return False
    band.update(bottom=bottom, spans=union, cells=cells)
    return True


def _closed(band):
    return [(band["top"], first, band["bottom"] - band["top"], last - first + 1)
            for first, last in band["spans"]]
