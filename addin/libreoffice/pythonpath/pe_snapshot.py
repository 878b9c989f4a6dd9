"""The live document as the host's workbook: workbook.begin, sheets in bulk, workbook.end.

Cells are read in rectangles by the office's own bulk calls; blank space between them is not read.
Invariant: every formula reaches the host as a formula. One that the office does not hold (a table
reference in Calc 7.4, say) is taken from the unmodified file, else it is an error.
"""
import itertools
import re
import time

import pe_client
import pe_document
import pe_formats
import pe_logical
import pe_marks
import uno
from com.sun.star.sheet.CellFlags import DATETIME, FORMULA, STRING, VALUE
from com.sun.star.sheet.FormulaResult import ERROR
from com.sun.star.sheet.ReferenceFlags import COLUMN_RELATIVE, ROW_RELATIVE

CONTENT = VALUE | DATETIME | STRING | FORMULA
CHUNK_CELLS = 200000      # read and sent at once
GAP_COLUMNS = 8           # so many blank columns do not part a rectangle
WASTE_SHARE = 0.5         # blank cells of a rectangle, as a share, that merging may cost
WASTE_CELLS = 2000        # or so many, whatever the share

# Calc's error codes and the protocol's, as Calc maps them when it saves; all others are #VALUE!.
# By Excel's rules an invalid argument (Err:502: SQRT(-1)) is #NUM!.
ERRORS = {521: 1, 532: 2, 524: 4, 525: 5, 503: 6, 523: 6, 32767: 7}
ERROR_VALUE, ERROR_NUM = 3, 6
INVALID_ARGUMENT = 502
# What the compiler of formulas says when a formula cannot be read: the text is not a formula.
UNREADABLE = frozenset((501, 507, 508, 509, 510, 511, 512, 514, 516, 517, 518, 520, 533))

EXCEL_FILTERS = ("MS Excel", "Calc MS Excel")


class Snapshot:
    """What was sent, for updates: sheets in the host's order."""

    def __init__(self, book, excel):
        self.book = book
        self.excel = excel    # Excel's rules hold
        self.sheets = []      # names, the host's index is the position
        self.masks = {}       # sheet name: [(row, column, rows, columns, 1 for each formula)]
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


def send(context, document, client, replaces=None):
    """Sends the whole document through an open client, in place of the book that was sent before;
    a Snapshot."""
    sheets = [document.getSheets().getByIndex(i) for i in range(document.getSheets().getCount())]
    begin = _begin(context, document, sheets)
    if replaces is not None:
        begin["replaces"] = replaces
    snapshot = Snapshot(client.call("workbook.begin", begin)["book"], is_excel(document))
    try:
        formats = pe_formats.Formats(document)
        for index, sheet in enumerate(sheets):
            snapshot.sheets.append(sheet.getName())
            mark = pe_marks.mark_of(sheet)
            if mark is None:
                _send_sheet(document, sheet, index, client, formats, snapshot)
            else:
                _send_results(sheet, index, mark, client, snapshot)
        client.call("workbook.end", {"book": snapshot.book}, timeout=60.0)
        return snapshot
    except Unreadable as formula:
        client.call("workbook.close", {"book": snapshot.book})
        path = file_of(document)
        if path and not document.isModified() and is_excel(document):
            book = client.call("workbook.open", {"path": path}, timeout=60.0)["book"]
            return Snapshot(book, True)
        raise pe_document.Problem(
            "%s: this version of LibreOffice cannot hold the formula %s. %s" % (
                formula.cell, formula.text,
                "Open the file again and run it before anything is changed." if is_excel(document)
                else "Rewrite it without table references.")) from formula


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
    parser.CompileEnglish = True
    tokens = parser.parseFormula(content, base)
    size = sheets[0].getRangeAddress()
    for token in tokens:
        data = token.Data
        if hasattr(data, "RelativeColumn"):
            token.Data = _wrapped(data, size)
        elif hasattr(data, "Reference1"):
            data.Reference1 = _wrapped(data.Reference1, size)
            data.Reference2 = _wrapped(data.Reference2, size)
            token.Data = data
    return parser.printFormula(tokens, home)


def _wrapped(reference, size):
    """What lies above or left of A1 stands at the sheet's other end, as in Excel."""
    if reference.Flags & COLUMN_RELATIVE and reference.RelativeColumn < 0:
        reference.RelativeColumn += size.EndColumn + 1
    if reference.Flags & ROW_RELATIVE and reference.RelativeRow < 0:
        reference.RelativeRow += size.EndRow + 1
    return reference


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


def _send_sheet(document, sheet, index, client, formats, snapshot):
    arrays = {}
    extent = None
    for place in content(sheet, CONTENT):
        row, column, rows, columns = place
        cells = Cells(sheet, place, formats, arrays, snapshot)
        snapshot.masks.setdefault(sheet.getName(), []).append((*place, cells.mask()))
        client.sheet(snapshot.book, index, row, column, cells.formulas, cells.values,
                     cells.booleans, cells.errors)
        bottom, right = row + rows - 1, column + columns - 1
        extent = (max(bottom, extent[0]), max(right, extent[1])) if extent else (bottom, right)
    _send_rest(document, sheet, index, client, formats, arrays, extent, snapshot)


def held_formula(snapshot, name, row, column):
    """Whether the cell was a formula when the whole was sent."""
    for top, left, rows, columns, mask in snapshot.masks.get(name, ()):
        if top <= row < top + rows and left <= column < left + columns:
            return mask[(row - top) * columns + column - left] != 0
    return False


def parts(document, snapshot, areas):
    """Edited areas (sheet name, row, column, rows, columns) as workbook.update takes them. None:
    only a whole snapshot tells, as where formulas come or go: then the values that the office has
    for other formulas, which the self-check compares with, are others."""
    found, arrays = [], {}
    formats = pe_formats.Formats(document)
    for name, row, column, rows, columns in areas:
        if rows * columns > CHUNK_CELLS:
            return None
        cells = Cells(document.getSheets().getByName(name), (row, column, rows, columns), formats,
                      arrays, snapshot)
        if arrays or any(cells.mask()) or any(
                held_formula(snapshot, name, r, c) for r in range(row, row + rows)
                for c in range(column, column + columns)):
            return None
        found.append({"sheet": snapshot.sheets.index(name), "row": row, "column": column,
                      "rows": rows, "columns": columns, **cells.plain()})
    return found


def _send_results(sheet, index, mark, client, snapshot):
    """A result sheet's values, for what refers to them: it is no part of the model itself."""
    cells = Cells(sheet, (0, 0, mark.rows, mark.columns), None, {}, snapshot)
    texts = tuple(tuple("0" if isinstance(value, float) else value or "" for value in values)
                  for values in cells.values)
    client.sheet(snapshot.book, index, 0, 0, texts, cells.values, None, cells.errors)


class Cells:
    """A rectangle (row, column, rows, columns) of a sheet as client.sheet takes it: formulas and
    values as the office gives them; which numbers are truth values, which errors which."""

    def __init__(self, sheet, place, formats, arrays, snapshot):
        self.sheet, self.place = sheet, place
        row, column, rows, columns = place
        self.area = sheet.getCellRangeByPosition(column, row, column + columns - 1,
                                                 row + rows - 1)
        start = time.perf_counter()
        self.formulas = self.area.getFormulaArray()
        self.values = self.area.getDataArray()
        snapshot.reading += time.perf_counter() - start
        snapshot.cells += rows * columns
        joined = "\0".join(itertools.chain.from_iterable(self.formulas))
        if "{=" in joined or "[" in joined:
            _find_special(sheet, list(itertools.chain.from_iterable(self.formulas)), place, arrays)
        self.errors = {}  # (row, column) in the rectangle: code
        if any(None in values for values in self.values):
            self.errors = _find_errors(self, snapshot.excel)
        self.booleans = self._booleans(formats) if formats is not None else set()

    def mask(self):
        """One byte per cell, row by row: 1 where it is a formula."""
        return bytes([formula[:1] == "=" for formulas in self.formulas for formula in formulas])

    def plain(self):
        """values and formulas as lists of the wire's values, for a few cells."""
        values, formulas = [], []
        for r, (texts, row) in enumerate(zip(self.formulas, self.values)):
            for c, (text, value) in enumerate(zip(texts, row)):
                is_formula = text.startswith("=") and text != value
                if value is None:
                    value = pe_client.SheetError(self.errors[r, c])
                elif value == "" and not text:
                    value = None
                elif (r, c) in self.booleans:
                    value = bool(value)
                values.append(value)
                formulas.append(text if is_formula else None)
        return {"values": values, "formulas": formulas}

    def _booleans(self, formats):
        """Numbers 0 and 1 that are shown as FALSE and TRUE. A formula's own result type is known
        for single cells only, so they are asked where the formula can have such a result."""
        found = set()
        constants = formats.logical_areas(self.sheet)
        row, column = self.place[:2]
        for r, values in enumerate(self.values):
            if 0.0 not in values and 1.0 not in values:
                continue
            formulas = self.formulas[r]
            for c, value in enumerate(values):
                if value.__class__ is not float or value not in (0.0, 1.0):
                    continue
                formula = formulas[c]
                asked = (pe_logical.may_be(formula) if formula.startswith(("=", "{="))
                         else constants)
                if asked and formats.is_logical(
                        self.sheet.getCellByPosition(column + c, row + r).NumberFormat):
                    found.add((r, c))
        return found


def _find_errors(cells, excel):
    """{(row, column) in the rectangle: the protocol's code}."""
    row, column = cells.place[:2]
    errors = {}
    for found in cells.area.queryFormulaCells(ERROR).getRangeAddresses():
        for r in range(found.StartRow, found.EndRow + 1):
            for c in range(found.StartColumn, found.EndColumn + 1):
                code = cells.sheet.getCellByPosition(c, r).getError()
                if code in UNREADABLE:
                    raise Unreadable(pe_document.address_text(cells.sheet.getName(), r, c),
                                     cells.formulas[r - row][c - column])
                number = ERROR_NUM if excel and code == INVALID_ARGUMENT else ERROR_VALUE
                errors[r - row, c - column] = ERRORS.get(code, number)
    return errors


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
        client.call("workbook.sheet", part, timeout=60.0)


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


def content(sheet, kinds):
    """Rectangles that cover the cells of these kinds (CellFlags), see rectangles(), in parts that
    are read at once."""
    found = sheet.queryContentCells(kinds).getRangeAddresses()
    for row, column, rows, columns in rectangles(
            [(a.StartRow, a.StartColumn, a.EndRow, a.EndColumn) for a in found]):
        step = max(1, CHUNK_CELLS // columns)
        for first in range(row, row + rows, step):
            yield first, column, min(step, row + rows - first), columns


def formulas_of(sheet):
    """(row, column, formula) of each formula cell whose text the office gives with "=" or "{="."""
    for row, column, rows, columns in content(sheet, FORMULA):
        area = sheet.getCellRangeByPosition(column, row, column + columns - 1, row + rows - 1)
        for r, texts in enumerate(area.getFormulaArray(), row):
            for c, text in enumerate(texts, column):
                if text.startswith(("=", "{=")):
                    yield r, c, text


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
