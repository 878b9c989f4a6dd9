"""Which values cells will ask for next: the calls of risk functions in the open documents, as far
as they can be told from formulas and constants.

Invariant: nothing is calculated here, as this runs in the middle of Calc's own calculation; a call
with an argument that would have to be is left out, and asked for when its turn comes.
"""
import re

import pe_document
import pe_functions
import pe_snapshot

SPREADSHEET = "com.sun.star.sheet.SpreadsheetDocument"
CALL = re.compile(r"_XLL\.([A-Z0-9]+)\(")
NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:E[-+]?[0-9]+)?")
TEXT = re.compile(r'"((?:[^"]|"")*)"')
REFERENCE = re.compile(r"(?:\$?('(?:[^']|'')*'|[^\"'.;:()${}]+)\.)?\$?([A-Z]{1,3})\$?([0-9]+)"
                       r"(?::\$?([A-Z]{1,3})\$?([0-9]+))?")
AREA_CELLS_MAX = 200  # of an argument


class Unknown(Exception):
    """An argument whose value only a calculation tells."""


class Texts:
    """The formulas with risk functions in the open documents; at most so many cells are read."""

    def __init__(self, context, cells_max):
        self.found = []  # (Constants, sheet name, text)
        desktop = pe_document.service(context, "com.sun.star.frame.Desktop")
        documents = desktop.getComponents().createEnumeration()
        while documents.hasMoreElements() and cells_max > 0:
            document = documents.nextElement()
            if hasattr(document, "supportsService") and document.supportsService(SPREADSHEET):
                cells_max = self._read(document, cells_max)

    def _read(self, document, cells_max):
        constants = Constants(document.getSheets())
        for sheet in pe_snapshot.model_sheets(document):
            name = sheet.getName()
            for _, _, text in pe_snapshot.formulas_of(sheet):
                cells_max -= 1
                if cells_max < 0:
                    return cells_max
                if "_XLL." in text and text[0] == "=":
                    self.found.append((constants, name, text))
        return cells_max

    def calls(self, answers):
        """The calls (name, arguments), each once, whose value answers does not hold. A call among
        the arguments has its value from there: ask again once it is there."""
        calls = {}
        for constants, sheet, text in self.found:
            for start in CALL.finditer(text):
                try:
                    call = Reader(constants, sheet, answers).call(text, start)[0]
                except (Unknown, IndexError):
                    continue
                if call not in answers:
                    calls[call] = None
        return list(calls)


class Constants:
    """Cells that hold no formula."""

    def __init__(self, sheets):
        self.sheets = {name: sheets.getByName(name) for name in sheets.getElementNames()}
        self.known = {}

    def value(self, name, row, column, empty):
        """A cell's number or text; empty where it is blank. Unknown: it is a formula."""
        place = name, row, column
        if place not in self.known:
            if name not in self.sheets:
                raise Unknown
            cell = self.sheets[name].getCellByPosition(column, row)
            kind = cell.getType().value
            self.known[place] = (kind, cell.getValue() if kind == "VALUE" else
                                 cell.getString() if kind == "TEXT" else None)
        kind, value = self.known[place]
        if kind == "FORMULA":
            raise Unknown
        return empty if kind == "EMPTY" else value


class Reader:
    """Reads calls in the grammar of getFormulaArray."""

    def __init__(self, constants, sheet, answers):
        self.constants, self.sheet, self.answers = constants, sheet, answers

    def call(self, text, start):
        """start: the match of CALL. ((name, arguments), place behind the call)."""
        at, arguments = start.end(), []
        while text[at] != ")" or arguments:
            value, at = self._argument(text, at)
            arguments.append(value)
            if text[at] == ")":
                break
            if text[at] != ";":
                raise Unknown
            at += 1
        return (start.group(1), pe_functions.trimmed(arguments)), at + 1

    def _argument(self, text, at):
        if text[at] in ";)":
            return None, at
        start = CALL.match(text, at)
        if start is not None:
            call, at = self.call(text, start)
            value = self.answers.get(call)
            if not isinstance(value, (float, str)):
                raise Unknown
            return value, at
        for pattern, value_of in ((NUMBER, lambda match: float(match.group())),
                                  (TEXT, lambda match: match.group(1).replace('""', '"')),
                                  (REFERENCE, self._reference)):
            match = pattern.match(text, at)
            if match is not None:
                return value_of(match), match.end()
        raise Unknown

    def _reference(self, match):
        """A cell's value, or an area's as Calc gives it: a tuple of rows."""
        name, left, top, right, bottom = match.groups()
        name = name or self.sheet
        if name.startswith("'"):
            name = name[1:-1].replace("''", "'")
        column, row = pe_document.column_number(left), int(top) - 1
        if right is None:
            return self.constants.value(name, row, column, 0.0)
        rows = range(row, int(bottom))
        columns = range(column, pe_document.column_number(right) + 1)
        if len(rows) * len(columns) > AREA_CELLS_MAX:
            raise Unknown
        return tuple(tuple(self.constants.value(name, r, c, "") for c in columns) for r in rows)
