"""The charts of a page as Calc's own charts, which the user can restyle and which follow the cells.

Columns, bars and lines as the layout describes them. Invariant: the charts of a page that is
written again are replaced; charts that a user added stay.
"""
import zlib

import uno
from com.sun.star.awt import Rectangle
from com.sun.star.chart.ChartAxisLabelPosition import NEAR_AXIS, OUTSIDE_START
from com.sun.star.drawing.DashStyle import RECT
from com.sun.star.drawing.FillStyle import NONE as NO_FILL, SOLID as FILLED
from com.sun.star.drawing.LineStyle import DASH, NONE as NO_LINE, SOLID as LINE
from com.sun.star.uno import RuntimeException

import pe_document
import pe_formats

NAME, TRIES = "PowerEngine", 50
CHART_CLASS = "12DCAE26-281F-416F-A234-C3086127382E"
FONT, INK = "Arial", 0x333333
TITLE_POINTS, POINTS = 11.0, 9.0
AXIS_COLOR, GRID_COLOR, LINE_WIDTH = 0xB0B0B0, 0xE0E0E0, 26   # 0.75 points in 1/100 mm
PIXEL, POINT = 2540.0 / 96.0, 2540.0 / 72.0
WHITE = 0xFFFFFF
LINES = {"lines": "com.sun.star.chart.XYDiagram"}
BARS = "com.sun.star.chart.BarDiagram"
DASHES = {"dash": (300, 200), "long": (600, 250)}  # length and gap, 1/100 mm
OUTWARD = 2            # ChartAxisMarks.OUTER
RELATIVE = 4           # ErrorBarStyle.RELATIVE
OUTSIDE, TOP = 11, 2   # DataLabelPlacement
AT_VALUE = uno.Enum("com.sun.star.chart.ChartAxisPosition", "VALUE")
BELOW = uno.Enum("com.sun.star.chart.ChartLegendPosition", "BOTTOM")


def names(page, column):
    """Cells for the series' names, in a column beside the page: the office takes a series' name
    from a cell only. {(row, column): text}."""
    texts = [series["name"] for chart in page.get("charts") or () for series in chart["series"]]
    return {(row, column): text for row, text in enumerate(texts)}


def write(sheet, page, column):
    """Makes all charts of the page. column: where the series' names stand."""
    row = 0
    charts = sheet.getCharts()
    for index, chart in enumerate(page.get("charts") or ()):
        corner = sheet.getCellByPosition(chart["column"], chart["row"]).Position
        place = Rectangle(corner.X, corner.Y, int(chart["width"] * PIXEL),
                          int(chart["height"] * PIXEL))
        area = chart["series"][0]["y"]  # any: with none the chart would hold its own numbers
        cells = sheet.getCellRangeByPosition(area[1], area[0], area[1], area[0] + area[2] - 1)
        name = "%s%08x_%d" % (NAME, zlib.crc32(page["key"].encode()), index + 1)
        name = _add(charts, name, place, cells.getRangeAddress())
        _Chart(sheet, charts.getByName(name).getEmbeddedObject(), chart, (row, column)).fill()
        row += len(chart["series"])


def _add(charts, name, place, area):
    """Adds an empty chart under a name that no chart of the document has, nor one that Undo keeps:
    there is no way to ask. Letters and digits: it becomes a name of storage."""
    for attempt in range(TRIES):
        tried = name + ("x%d" % attempt if attempt else "")
        try:
            charts.addNewByName(tried, place, (area,), False, False)
            return tried
        except RuntimeException:
            if attempt == TRIES - 1:
                raise
    return name


def remove(sheet, column):
    """Removes our charts: those whose series have their names in the column for names. The charts'
    own names do not outlive Undo; to name their shapes makes LibreOffice 7.4 fall at a later Undo.
    """
    shapes = sheet.getDrawPage()
    place = "$%s$" % pe_document.column_name(column)
    for index in range(shapes.getCount() - 1, -1, -1):
        shape = shapes.getByIndex(index)
        if shape.supportsService("com.sun.star.drawing.OLE2Shape") and _is_ours(shape, place):
            shapes.remove(shape)


def _is_ours(shape, place):
    if shape.CLSID.upper() != CHART_CLASS:
        return False
    if shape.PersistName.startswith(NAME):
        return True  # as it was made; otherwise the chart has to be loaded to look into it
    ranges = shape.Model.getUsedRangeRepresentations()
    return any(place in text.rpartition(".")[2] for text in ranges)


class _Chart:
    """One chart while it is made."""

    def __init__(self, sheet, model, chart, names_from):
        self.sheet = sheet
        self.names_from = names_from  # cell of the first series' name
        self.model = model
        self.chart = chart
        self.is_lines = chart["kind"] == "lines"
        self.keys = {}

    def fill(self):
        self.model.lockControllers()
        try:
            diagram = self._diagram()
            self._series()
            self._frame(diagram)
            self._axis(diagram.getXAxis(), self.chart["x"], diagram, "X")
            self._axis(diagram.getYAxis(), self.chart["y"], diagram, "Y")
        finally:
            self.model.unlockControllers()

    def _diagram(self):
        """The empty diagram of the right kind."""
        name = LINES.get(self.chart["kind"], BARS)
        self.model.setDiagram(self.model.createInstance(name))
        diagram = self.model.getDiagram()
        if self.is_lines:
            diagram.SymbolType = -3  # ChartSymbolType.NONE
            diagram.Lines = True
        else:
            diagram.Vertical = self.chart["kind"] == "bars"
        return diagram

    # ---- data

    def _series(self):
        new = self.model.getFirstDiagram()
        system = new.getCoordinateSystems()[0]
        kind = system.getChartTypes()[0]
        self.provider = self.model.getDataProvider()
        made = [self._one(*item) for item in enumerate(self.chart["series"])]
        kind.setDataSeries(tuple(made))
        if not self.is_lines:
            axis = system.getAxisByDimension(0, 0)
            scale = axis.getScaleData()
            scale.Categories = self._labelled(self.chart["series"][0]["x"], "categories")
            axis.setScaleData(scale)
            _put(kind, GapwidthSequence=_longs(self.chart["gap_percent"]),
                 OverlapSequence=_longs(self.chart["overlap_percent"]))
        for one, series in zip(made, self.chart["series"]):
            self._look(one, series)

    def _one(self, index, series):
        made = self._create("com.sun.star.chart2.DataSeries")
        name = (self.names_from[0] + index, self.names_from[1], 1, 1)
        sequences = [self._labelled(series["y"], "values-y", name)]
        if self.is_lines:
            sequences.append(self._labelled(series["x"], "values-x"))
        made.setData(tuple(sequences))
        return made

    def _create(self, name):
        context = uno.getComponentContext()
        return pe_document.service(context, name)

    def _labelled(self, area, role, name=None):
        """Cells in a role, with the cell of their name."""
        labelled = self._create("com.sun.star.chart2.data.LabeledDataSequence")
        labelled.setValues(self._cells(area, role))
        if name is not None:
            labelled.setLabel(self._cells(name, "label"))
        return labelled

    def _cells(self, area, role):
        row, column, rows, columns = area
        text = "$%s.$%s$%d:$%s$%d" % (
            _quoted(self.sheet.getName()), pe_document.column_name(column), row + 1,
            pe_document.column_name(column + columns - 1), row + rows)
        cells = self.provider.createDataSequenceByRangeRepresentation(text)
        cells.Role = role
        return cells

    # ---- looks

    def _dash(self, kind):
        """A line's dashes: a chart takes them by name from its own table."""
        if kind not in DASHES:
            return {"LineStyle": LINE}
        table = self.model.createInstance("com.sun.star.drawing.DashTable")
        name = "Power Engine " + kind
        if not table.hasByName(name):
            dash = uno.createUnoStruct("com.sun.star.drawing.LineDash")
            dash.Style, dash.Dashes = RECT, 1
            dash.DashLen, dash.Distance = DASHES[kind]
            table.insertByName(name, dash)
        return {"LineStyle": DASH, "LineDashName": name}

    def _look(self, made, series):
        width = int(series.get("width", 0) * POINT + 0.5)
        if self.is_lines:
            _put(made, Color=series["color"], LineWidth=width, Symbol=_no_symbol(),
                 **self._dash(series.get("dash")))
        elif series.get("drop_line"):
            _put(made, FillStyle=NO_FILL, BorderStyle=NO_LINE)
            bar = self._create("com.sun.star.chart2.ErrorBar")
            _put(bar, ErrorBarStyle=RELATIVE, PositiveError=100.0, NegativeError=100.0,
                 ShowPositiveError=False, ShowNegativeError=True, LineColor=series["color"],
                 LineWidth=width)
            for name, value in self._dash(series.get("dash")).items():
                bar.setPropertyValue(name, value)  # LineDashName is there, though not listed
            made.ErrorBarY = bar
        else:
            _put(made, Color=series["color"], FillStyle=FILLED, BorderStyle=NO_LINE)
        if series.get("label_format"):
            self._labels(made, series)

    def _labels(self, made, series):
        label = made.Label
        label.ShowNumber = True
        _put(made, Label=label, LabelPlacement=TOP if series.get("drop_line") else OUTSIDE,
             NumberFormat=pe_formats.key_for(self.model, series["label_format"], self.keys),
             LinkNumberFormatToSource=False,
             CharColor=series.get("label_color", INK), CharHeight=POINTS, CharFontName=FONT,
             CharWeight=150.0 if series.get("label_bold") else 100.0)
        if series.get("label_white"):
            _put(made, LabelFillStyle=FILLED, LabelFillColor=WHITE)

    def _frame(self, diagram):
        """Title, legend, ground."""
        model = self.model
        model.HasMainTitle = True
        title = model.getTitle()
        title.String = self.chart["title"]
        _font(title, TITLE_POINTS, bold=True)
        model.HasLegend = bool(self.chart.get("legend"))
        if model.HasLegend:
            legend = model.getLegend()
            _put(legend, Alignment=BELOW, LineStyle=NO_LINE, FillStyle=NO_FILL)
            _font(legend, POINTS)
        _put(model.getArea(), LineStyle=NO_LINE, FillStyle=FILLED, FillColor=WHITE)
        wall = diagram.getWall()
        _put(wall, LineStyle=NO_LINE, FillStyle=NO_FILL)

    def _axis(self, axis, wanted, diagram, which):
        _font(axis, POINTS)
        _put(axis, LineColor=AXIS_COLOR, LineWidth=LINE_WIDTH, LineStyle=LINE,
             Marks=OUTWARD if wanted.get("ticks") else 0, HelpMarks=0,
             ReverseDirection=bool(wanted.get("reverse")),
             LabelPosition=OUTSIDE_START if wanted.get("labels_low") else NEAR_AXIS,
             TextBreak=False, TextOverlap=False)
        for key, name in (("min", "Min"), ("max", "Max"), ("major", "StepMain")):
            if wanted.get(key) is not None and (self.is_lines or which == "Y"):
                setattr(axis, name, float(wanted[key]))
        crossing = self.chart["y" if which == "X" else "x"].get("crossing")
        if crossing is not None and (self.is_lines or which == "X"):
            axis.CrossoverPosition = AT_VALUE
            axis.CrossoverValue = float(crossing)
        if wanted.get("number_format") and (self.is_lines or which == "Y"):
            axis.LinkNumberFormatToSource = False
            axis.NumberFormat = pe_formats.key_for(self.model, wanted["number_format"],
                                                   self.keys)
        if wanted.get("label_degrees") is not None:
            axis.TextRotation = -wanted["label_degrees"] * 100 % 36000
        setattr(diagram, "Has%sAxisGrid" % which, bool(wanted.get("gridlines")))
        if wanted.get("gridlines"):
            grid = diagram.getXMainGrid() if which == "X" else diagram.getYMainGrid()
            _put(grid, LineColor=GRID_COLOR, LineWidth=LINE_WIDTH, LineStyle=LINE)
        if wanted.get("title"):
            setattr(diagram, "Has%sAxisTitle" % which, True)
            title = diagram.getXAxisTitle() if which == "X" else diagram.getYAxisTitle()
            title.String = wanted["title"]
            _font(title, POINTS)


def _put(target, **properties):
    """Sets properties; one that this version of the office does not have is left out."""
    info = target.getPropertySetInfo()
    for name, value in properties.items():
        if info.hasPropertyByName(name):
            if name in ("GapwidthSequence", "OverlapSequence"):
                uno.invoke(target, "setPropertyValue", (name, value))
            else:
                setattr(target, name, value)


def _font(target, points, bold=False):
    _put(target, CharFontName=FONT, CharHeight=points, CharColor=INK,
         CharWeight=150.0 if bold else 100.0)


def _longs(value):
    return uno.Any("[]long", (value, value))


def _no_symbol():
    return uno.createUnoStruct("com.sun.star.chart2.Symbol")  # Style NONE


def _quoted(name):
    return "'" + name.replace("'", "''") + "'"
