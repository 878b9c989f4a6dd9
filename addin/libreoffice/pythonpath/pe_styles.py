"""How the cells of a page look: the layout's styles as cell properties; page setup; the view.

Invariant: cells of one style are formatted by one call.
"""
import re

import pe_document
import pe_formats
import uno
import unohelper
from com.sun.star.awt.FontSlant import ITALIC
from com.sun.star.document import XUndoAction
from com.sun.star.table.CellHoriJustify import CENTER, LEFT, RIGHT

FONT, POINTS = "Arial", 10.0
BOLD, PLAIN = 150.0, 100.0
MIDDLE, BOTTOM = 2, 3       # CellVertJustify2
INDENT = 300                # 1/100 mm for one step
LINE_COLOR, LINE_WIDTH = 0xB0B0B0, 18
ALIGN = {"left": LEFT, "center": CENTER, "centre": CENTER, "right": RIGHT}
A4 = (29700, 21000)         # landscape, 1/100 mm
MARGIN = 1500


def apply(document, sheet, page, rows, columns, keys):
    """Formats all cells of a page. keys: number formats by code, the caller's cache."""
    area = sheet.getCellRangeByPosition(0, 0, columns - 1, rows - 1)
    _set(area, {"CharFontName": FONT, "CharHeight": POINTS, "VertJustify": MIDDLE})
    for index, addresses in _areas(page, sheet.getRangeAddress().Sheet).items():
        properties = _properties(document, page["styles"][index], keys)
        if properties:
            ranges = document.createInstance("com.sun.star.sheet.SheetCellRanges")
            ranges.addRangeAddresses(tuple(addresses), True)
            _set(ranges, properties)


def _set(target, properties):
    names = tuple(sorted(properties))
    target.setPropertyValues(names, tuple(properties[name] for name in names))


def _areas(page, number):
    """{style: addresses} of runs of cells side by side."""
    found, last, last_style = {}, None, None
    for row, column, style, *_ in page["cells"]:
        if last and last.StartRow == row and last.EndColumn + 1 == column and last_style == style:
            last.EndColumn = column
            continue
        last, last_style = uno.createUnoStruct("com.sun.star.table.CellRangeAddress"), style
        last.Sheet = number
        last.StartRow = last.EndRow = row
        last.StartColumn = last.EndColumn = column
        found.setdefault(style, []).append(last)
    return found


def _properties(document, style, keys):
    """One style as cell properties; what is automatic is left out."""
    found = {}
    if style.get("format", "General") != "General":
        found["NumberFormat"] = pe_formats.key_for(document, style["format"], keys)
    if style.get("color") is not None:
        found["CharColor"] = style["color"]
    if style.get("background") is not None:
        found["CellBackColor"] = style["background"]
    if style.get("size"):
        found["CharHeight"] = float(style["size"])
    if style.get("align") in ALIGN:
        found["HoriJustify"] = ALIGN[style["align"]]
    if style.get("indent"):
        found["HoriJustify"] = LEFT
        found["ParaIndent"] = INDENT * style["indent"]
    if style.get("bold"):
        found["CharWeight"] = BOLD
    if style.get("italic"):
        found["CharPosture"] = ITALIC
    if style.get("underline"):
        found["CharUnderline"] = 1
    if style.get("wrap"):
        found["IsTextWrapped"] = True
    if style.get("at_bottom"):
        found["VertJustify"] = BOTTOM
    return dict(found, **_borders(style.get("border")))


def _borders(kind):
    if kind not in ("bottom", "all"):
        return {}
    line = uno.createUnoStruct("com.sun.star.table.BorderLine2")
    line.Color, line.OuterLineWidth, line.LineWidth = LINE_COLOR, LINE_WIDTH, LINE_WIDTH
    sides = ("BottomBorder2",) if kind == "bottom" else (
        "TopBorder2", "BottomBorder2", "LeftBorder2", "RightBorder2")
    return {side: line for side in sides}


PAGE_STYLE = re.compile(r"Power Engine( [0-9]+)?$")
NO_STYLE = "Default"  # that of a new sheet


def page_style(page):
    """The name of the page style for printing: A4 landscape, one page across."""
    high = page.get("pages_high", 0)
    return "Power Engine" + (" %d" % high if high else "")


class PageStyles(unohelper.Base, XUndoAction):
    """Which of our sheets has which page style, as a part of a step of Undo: the office itself
    forgets it. A last part of a step that adds them, a first one of a step that removes them."""

    def __init__(self, title, document, styles, come):
        """styles: {sheet name: page style}; come: by what is done now, else they go."""
        self.Title = title  # as the interface has it
        self.document, self.styles, self.come = document, styles, come

    def redo(self):
        """Does it, also for the first time."""
        (self._give if self.come else self._take)()

    def undo(self):
        """Does the opposite."""
        (self._take if self.come else self._give)()

    def _sheets(self):
        sheets = self.document.getSheets()
        return [(sheets.getByName(name), style) for name, style in self.styles.items()
                if sheets.hasByName(name)]

    def _give(self):
        family = _family(self.document)
        for style in sorted(set(self.styles.values())):
            if not family.hasByName(style) and PAGE_STYLE.match(style):
                _insert(self.document, family, style)
        for sheet, style in self._sheets():
            if family.hasByName(style):
                sheet.PageStyle = style

    def _take(self):
        """A style goes where no other sheet has it."""
        for sheet, _ in self._sheets():
            sheet.PageStyle = NO_STYLE
        sheets, family = self.document.getSheets(), _family(self.document)
        used = {sheets.getByIndex(index).PageStyle for index in range(sheets.getCount())}
        for style in set(self.styles.values()) - used:
            if PAGE_STYLE.match(style) and family.hasByName(style):
                family.removeByName(style)


def _family(document):
    return document.getStyleFamilies().getByName("PageStyles")


def _insert(document, family, name):
    family.insertByName(name, document.createInstance("com.sun.star.style.PageStyle"))
    style = family.getByName(name)
    style.IsLandscape = True
    style.Width, style.Height = A4
    style.LeftMargin = style.RightMargin = style.TopMargin = style.BottomMargin = MARGIN
    style.ScaleToPagesX = 1
    style.ScaleToPagesY = int(PAGE_STYLE.match(name).group(1) or 0)
    style.HeaderIsOn = False


def show(context, controller, sheet, page):
    """What belongs to the view of a new sheet: no grid lines, rows that stay."""
    controller.setActiveSheet(sheet)
    frozen = page.get("freeze_column", 0), page.get("freeze_row", 0)
    if any(frozen):
        controller.freezeAtPosition(*frozen)
    # The controller's ShowGrid is that of all sheets; this is the sheet's own.
    helper = pe_document.service(context, "com.sun.star.frame.DispatchHelper")
    helper.executeDispatch(controller.getFrame(), ".uno:ToggleSheetGrid", "", 0, ())
