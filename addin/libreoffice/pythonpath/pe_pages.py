"""Result pages as sheets of a document: values, formats, sizes, charts, print setup.

The host's layout decides everything; here it is only shown. Invariants: a page that is written
again keeps its sheet and addresses; only marked sheets are written to; all of a run's writing is
one step of Undo.
"""
import itertools
import re

import pe_charts
import pe_document
import pe_marks
import pe_styles
import uno
from com.sun.star.sheet.CellFlags import (ANNOTATION, DATETIME, EDITATTR, FORMULA, HARDATTR,
                                          STRING, STYLES, VALUE)

EVERYTHING = VALUE | DATETIME | STRING | ANNOTATION | FORMULA | HARDATTR | STYLES | EDITATTR
NUMBER, TEXT, FORMULA_CELL, LINK = range(4)
UNDO_TITLE, REMOVE_TITLE = "Simulation results", "Remove results"
EXCEL_A1 = 1              # AddressConvention.XL_A1
STALE_COLOR, STALE_TEXT_COLOR = 0xBFBFBF, 0xB3261E  # tab and title of an older run's page
STALE = " \u2013 of an earlier run: not part of the last one"
WHITE = 0xFFFFFF
CHARACTER_PIXELS, CHARACTER_PADDING = 7, 5   # a column's width in characters, as Excel has it
PIXEL = 2540.0 / 96.0     # in 1/100 mm
POINT = 2540.0 / 72.0
SAME_SIZE = 20            # 1/100 mm: the office rounds sizes to its own units
LINKS_MAX = 50            # on a page: the office takes milliseconds for each


def why_new_document(document, wanted):
    """Why results go to a new document, "" where that was asked for, None where they do not."""
    if wanted:
        return ""
    if document.isReadonly():
        return "The document is read-only, so the results are in a new document."
    if document.isProtected():
        return ("The document's structure is protected, so the results are in a new document.")
    return None


def write(context, frame, document, pages, elsewhere, jump=True):
    """Writes the pages into the document, or into a new one. jump: shows the first of them. Returns
    the frame that shows them."""
    if elsewhere:
        document = pe_document.service(context, "com.sun.star.frame.Desktop") \
            .loadComponentFromURL("private:factory/scalc", "_blank", 0, ())
        frame = document.getCurrentController().getFrame()
    book = Book(context, document)
    controller = document.getCurrentController()
    with pe_document.locked(document), pe_document.one_undo_step(document, UNDO_TITLE):
        sheets = book.place(pages)
        for page, sheet in zip(pages, sheets):
            book.write(page, sheet)
        book.mark_stale()
        _change(document, pe_styles.PageStyles(
            UNDO_TITLE, document, {sheet.getName(): pe_styles.page_style(page)
                                   for page, sheet in zip(pages, sheets)
                                   if sheet.PageStyle != pe_styles.page_style(page)}, True))
        if elsewhere:
            _remove_empty(document)
    active = controller.getActiveSheet()
    for page, sheet in zip(pages, sheets):
        if sheet.getName() in book.created:
            pe_styles.show(context, controller, sheet, page)
    if sheets and jump:
        controller.setActiveSheet(sheets[0])
        controller.select(sheets[0].getCellByPosition(0, 0))
    else:
        controller.setActiveSheet(active)
    if elsewhere:
        document.setModified(False)
    return frame


def remove(document):
    """Removes every result sheet, as one step of Undo. References to them stay visible as such.
    Returns their names."""
    ours = pe_marks.our_sheets(document, every=True)
    names = [sheet.getName() for sheet in ours]
    sheets = document.getSheets()
    if document.isReadonly() or document.isProtected():
        raise pe_document.Problem("The document is read-only or its structure is protected, so "
                                  "that no sheet can be removed.")
    if names and len(names) == sheets.getCount():
        raise pe_document.Problem("The document has only result sheets: close it instead.")
    with pe_document.locked(document), pe_document.one_undo_step(document, REMOVE_TITLE):
        _change(document, pe_styles.PageStyles(
            REMOVE_TITLE, document, {sheet.getName(): sheet.PageStyle for sheet in ours}, False))
        for name in names:
            sheets.removeByName(name)
    return names


def _change(document, action):
    """Does what the action says, as a part of the step of Undo that is open."""
    if action.styles:
        action.redo()
        document.getUndoManager().addUndoAction(action)


def _remove_empty(document):
    """The blank sheet that a new document begins with."""
    sheets = document.getSheets()
    for name in sheets.getElementNames():
        if pe_marks.key_of(sheets.getByName(name)) is None:
            sheets.removeByName(name)


def runs(values):
    """(first, last, value) of each run of equal values; zeros are left out."""
    found, first = [], 0
    for value, group in itertools.groupby(values):
        count = len(list(group))
        if value:
            found.append((first, first + count - 1, value))
        first += count
    return found


def _offered(page):
    """What the page itself has in cells for entries."""
    return {(row, column): float(value) for row, column, style, kind, value, _ in page["cells"]
            if kind == NUMBER and value is not None and page["styles"][style].get("entry")}


class Book:
    """A document while pages are written to it."""

    def __init__(self, context, document):
        self.context = context
        self.document = document
        self.sheets = document.getSheets()
        self.ours = {pe_marks.key_of(s): s for s in pe_marks.our_sheets(document)}
        self.renamed = {}     # a page's name, where its sheet has another
        self.created = set()  # names of new sheets
        self.stale = []       # sheets of ours that this run has no page for
        self.keys = {}        # number formats
        self.parser = self.printer = None

    def place(self, pages):
        """A sheet for each page: the one that shows it already, else a new one at the end."""
        old = self._old_sheets(pages)
        placed = []
        for page in pages:
            sheet = old.get(page["key"])
            if sheet is None:
                name = self._free_name(page["name"])
                self.sheets.insertNewByName(name, self.sheets.getCount())
                sheet = self.sheets.getByName(name)
                self.created.add(name)
            if sheet.getName() != page["name"]:
                self.renamed[page["name"]] = sheet.getName()
            placed.append(sheet)
        self.stale = [sheet for sheet in self.ours.values()
                      if all(sheet.getName() != other.getName() for other in placed)]
        return placed

    def _old_sheets(self, pages):
        """{page key: the sheet that showed it}. A page's key holds its cell, which another output
        may have now that rows were inserted: the same name, and ours, is the better witness."""
        by_name = {sheet.getName(): sheet for sheet in self.ours.values()}
        found = {page["key"]: by_name.pop(page["name"])
                 for page in pages if page["name"] in by_name}
        for page in pages:  # sheets that the user renamed
            sheet = self.ours.get(page["key"])
            if page["key"] not in found and sheet is not None and sheet.getName() in by_name:
                found[page["key"]] = by_name.pop(sheet.getName())
        return found

    def _free_name(self, name):
        taken = {n.lower() for n in self.sheets.getElementNames()}
        free, number = name, 1
        while free.lower() in taken:
            number += 1
            suffix = " (%d)" % number
            free = name[:31 - len(suffix)] + suffix
        return free

    def write(self, page, sheet):
        """Everything of a page but what belongs to the view."""
        page = dict(page, cells=self._with_few_links(page["cells"]))
        old = pe_marks.mark_of(sheet)
        rows = 1 + max((cell[0] for cell in page["cells"]), default=0)
        columns = 1 + max((cell[1] for cell in page["cells"]), default=0)
        names = pe_charts.names(page, columns)
        if names:
            rows, columns = max(rows, len(names)), columns + 1
        entries = self._entries(page, sheet, old.entries) if old else {}
        before = None
        if old:
            area = sheet.getCellRangeByPosition(0, 0, max(columns, old.columns) - 1,
                                                max(rows, old.rows) - 1)
            before = area.getFormulaArray()
            pe_charts.remove(sheet, old.columns - 1)
            area.clearContents(EVERYTHING)
            area.merge(False)
        self._values(page, sheet, (rows, columns), entries, names, before)
        pe_styles.apply(self.document, sheet, page, rows, columns, self.keys)
        if names:  # for the charts, not for people
            sheet.getCellRangeByPosition(columns - 1, 0, columns - 1,
                                         len(names) - 1).CharColor = WHITE
        self._special(page, sheet)
        self._sizes(page, sheet)
        for row, column, height, width in page.get("merges", ()):
            sheet.getCellRangeByPosition(column, row, column + width - 1,
                                         row + height - 1).merge(True)
        self._print(page, sheet)
        if sheet.TabColor == STALE_COLOR:
            sheet.TabColor = -1
        pe_marks.write(sheet, pe_marks.Mark(page["key"], rows, columns, _offered(page)))
        pe_charts.write(sheet, page, columns - 1)

    def _with_few_links(self, cells):
        """The cells; links beyond LINKS_MAX, and those to where the model is not (it is in another
        document), are texts."""
        shown, links = [], 0
        for cell in cells:
            if cell[3] == LINK:
                links += 1
                if links > LINKS_MAX or self._place_of(cell[5]) is None:
                    cell = (*cell[:3], TEXT, cell[4], None)
            shown.append(cell)
        return shown

    def _entries(self, page, sheet, offered):
        """What the user typed into cells for entries: {(row, column): value}. offered: what the
        last run wrote there."""
        styles = page["styles"]
        found = {}
        for row, column, style, *_ in page["cells"]:
            if styles[style].get("entry"):
                value = sheet.getCellRangeByPosition(column, row, column, row).getDataArray()
                if value[0][0] not in ("", None, offered.get((row, column))):
                    found[row, column] = value[0][0]
        return found

    def _values(self, page, sheet, size, entries, names, before):
        """Numbers and texts in one call; formulas follow, and are blank until then."""
        rows, columns = size
        grid = [[""] * columns for _ in range(rows)]
        for row, column, _, kind, value, _ in page["cells"]:
            if kind == NUMBER:
                grid[row][column] = float(value) if value is not None else ""
            elif kind == TEXT:
                grid[row][column] = value
        for (row, column), value in itertools.chain(entries.items(), names.items()):
            if row < rows and column < columns:
                grid[row][column] = value
        fresh = self._take_fresh(grid, before) if before else []
        area = sheet.getCellRangeByPosition(0, 0, columns - 1, rows - 1)
        area.setDataArray(tuple(map(tuple, grid)))
        for row, column, value in fresh:
            cell = sheet.getCellByPosition(column, row)
            if isinstance(value, float):
                cell.setValue(value)
            else:
                cell.setString(value)

    def _take_fresh(self, grid, before):
        """Takes out of the grid what goes to cells that were blank: the office's Undo of the one
        call would leave it there."""
        fresh = []
        for row, values in enumerate(grid):
            old = before[row] if row < len(before) else ()
            for column, value in enumerate(values):
                if value != "" and (column >= len(old) or old[column] == ""):
                    fresh.append((row, column, value))
                    values[column] = ""
        return fresh

    def _special(self, page, sheet):
        """Formulas and links."""
        for row, column, _, kind, value, extra in page["cells"]:
            if kind == FORMULA_CELL:
                sheet.getCellByPosition(column, row).setFormula(
                    self._formula(value, sheet, row, column))
            elif kind == LINK:
                self._link(sheet.getCellByPosition(column, row), value, extra)

    def _formula(self, text, sheet, row, column):
        """Excel's A1 as Calc's cell takes it."""
        if self.parser is None:
            create = self.document.createInstance
            self.parser = create("com.sun.star.sheet.FormulaParser")
            self.parser.FormulaConvention = EXCEL_A1
            self.parser.CompileEnglish = True
            self.printer = create("com.sun.star.sheet.FormulaParser")
            self.printer.CompileEnglish = True
        for name, actual in self.renamed.items():
            text = text.replace(pe_document.quote_sheet(name) + "!",
                                pe_document.quote_sheet(actual) + "!")
        home = uno.createUnoStruct("com.sun.star.table.CellAddress")
        home.Sheet, home.Row, home.Column = sheet.getRangeAddress().Sheet, row, column
        # The office's English grammar parts arguments by semicolons, whatever the addresses.
        parts = re.split(r'("(?:[^"]|"")*"|\'(?:[^\']|\'\')*\')', text[1:])
        text = "".join(part if part[:1] in "\"'" else part.replace(",", ";") for part in parts)
        return "=" + self.printer.printFormula(self.parser.parseFormula(text, home), home)

    def _place_of(self, target):
        """What a link's target is called in this document; None: it is not here."""
        name, _, place = target.rpartition("!")
        if name.startswith("'"):
            name = name[1:-1].replace("''", "'")
        name = self.renamed.get(name, name)
        if not self.sheets.hasByName(name):
            return None
        return "#%s.%s" % (pe_document.quote_sheet(name), place)

    def _link(self, cell, text, target):
        """A text that leads to a cell of the document."""
        field = self.document.createInstance("com.sun.star.text.TextField.URL")
        field.Representation = text
        field.URL = self._place_of(target)
        cell.insertTextContent(cell.createTextCursor(), field, False)

    def _sizes(self, page, sheet):
        """Widths and heights, each run of equal ones at once: the office lays out after each."""
        widths = [int((width * CHARACTER_PIXELS + CHARACTER_PADDING) * PIXEL + 0.5) if width else 0
                  for width in page.get("widths", ())]
        for first, last, width in runs(widths):
            columns = sheet.getCellRangeByPosition(first, 0, last, 0).getColumns()
            if abs(columns.getByIndex(0).Width - width) > SAME_SIZE:
                columns.Width = width
        heights = [int(height * POINT + 0.5) for height in page.get("heights", ())]
        for first, last, height in runs(heights):
            rows = sheet.getCellRangeByPosition(0, first, 0, last).getRows()
            if abs(rows.getByIndex(0).Height - height) > SAME_SIZE:
                rows.Height = height

    def _print(self, page, sheet):
        area = page.get("print_area")
        if area:
            address = self._address(sheet, area)
            if tuple(sheet.getPrintAreas()) != (address,):
                sheet.setPrintAreas((address,))
        repeat = page.get("repeat_rows")
        if repeat and not sheet.getPrintTitleRows():
            rows = [repeat[0], 0, repeat[1] - repeat[0] + 1, 1]
            sheet.setTitleRows(self._address(sheet, rows))
            sheet.setPrintTitleRows(True)

    def _address(self, sheet, area):
        address = uno.createUnoStruct("com.sun.star.table.CellRangeAddress")
        address.Sheet = sheet.getRangeAddress().Sheet
        address.StartRow, address.StartColumn = area[0], area[1]
        address.EndRow, address.EndColumn = area[0] + area[2] - 1, area[1] + area[3] - 1
        return address

    def mark_stale(self):
        """Pages of earlier runs that this run does not have stay, so that what refers to them
        holds; they say so in their title, and their tabs turn grey."""
        for sheet in self.stale:
            title = sheet.getCellByPosition(0, 0)
            if not title.getString().endswith(STALE):
                title.setString(title.getString() + STALE)
                title.CharColor = STALE_TEXT_COLOR
            sheet.TabColor = STALE_COLOR
