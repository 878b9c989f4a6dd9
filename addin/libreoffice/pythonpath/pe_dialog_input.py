"""Define Input: gives a cell that holds a number a distribution, by a setting or as a formula.

The dialog shows the shape while the user types; what is wrong is said in place, and OK stays off
until it is right. Scripts give Cells, Distribution and Name, or Remove, and see no dialog.
"""
import re

import pe_dialog_cells as cells_of
import pe_dialog_plot
import pe_dialog_toolkit as toolkit
import pe_document
import pe_settings
from pe_dialog_host import host_of
from pe_dialog_texts import T
from pe_dialog_values import Values, excel_number

PARAMETERS_MAX = 6
NAME_ERROR = 525  # of a cell: #NAME?

# A parameter's start value as a share of the cell's own number; these are the ones that scale.
FACTORS = {"min": 0.8, "likely": 1.0, "most likely": 1.0, "mode": 1.0, "max": 1.2, "mean": 1.0,
           "sd": 0.1, "location": 1.0, "scale": 0.1}
WHOLE, LIST = "whole number", re.compile(r"\{([0-9.,]+)\}")  # how the host's help says so
SHAPES = ("shape", "m", "alpha")  # with one of these, scale times shape is the cell's number


def execute(context, frame, arguments):
    """The command define-input."""
    document = pe_document.document_of(frame)
    cells = cells_of.asked_for(frame, arguments, pe_settings.INPUT, T.INPUT_UNDO_REMOVE)
    if not cells:
        return
    cells = usable(document, cells)
    if arguments.get("Distribution"):
        pe_settings.set_inputs(document, [(cell, arguments["Distribution"],
                                           arguments.get("Name", "")) for cell in cells],
                               T.INPUT_UNDO)
        return
    dialog = InputDialog(context, frame, document, cells, host_of(context, document))
    try:
        dialog.run()
    finally:
        dialog.dialog.close()


def usable(document, cells):
    """The cells that hold numbers; Problem where none does."""
    numbers = [cell for cell in cells if cells_of.kind_of(document, cell) == cells_of.NUMBER]
    if numbers:
        return numbers
    if len(cells) == 1 and in_cell(document, cells[0]):
        return cells
    text = {cells_of.EMPTY: T.INPUT_NO_NUMBER, cells_of.TEXT: T.INPUT_IS_TEXT,
            cells_of.FORMULA: T.INPUT_IS_FORMULA}[cells_of.kind_of(document, cells[0])]
    raise pe_document.Problem(text % pe_settings.address_of(cells[0]))


def in_cell(document, cell):
    """A cell's own formula where it is one distribution, as "Insert as formula" makes it."""
    formula = cells_of.at(document, cell).getFormula()
    parsed = parse_setting(formula) if formula.startswith("=") else None
    return formula if parsed is not None and parsed[0].startswith("risk") else ""


def split_arguments(text, separator):
    """The arguments of one call, lists and inner calls kept whole."""
    parts, depth, part = [], 0, ""
    for character in text:
        depth += (character in "({") - (character in ")}")
        if character == separator and depth == 0:
            parts.append(part)
            part = ""
        else:
            part += character
    return parts + [part] if text else []


def parse_setting(value):
    """("pert", ["1", "2", "5"], live) of a setting's value; None for another kind of formula."""
    value = str(value)
    live = value.startswith("=")
    match = re.match(r"^=?\s*(?:_xll\.)?([A-Za-z][A-Za-z0-9]*)\((.*)\)\s*$", value, re.I)
    if match is None:
        return None
    name = match.group(1).lower()
    arguments = split_arguments(match.group(2), ";" if live else ",")
    return name, [argument.strip() for argument in arguments], live


def start_values(distribution, number):
    """One number per parameter: the cell's own number in the middle where that makes sense."""
    names = [parameter["name"].lower() for parameter in distribution["parameters"]]
    starts = {}
    for parameter, name in zip(distribution["parameters"], names):
        start = parameter.get("start")
        if number != 0 and name in FACTORS:
            start = number * FACTORS[name]
            if name in ("min", "max") and number < 0:
                start = number * (2 - FACTORS[name])
            if name in ("sd", "scale"):
                start = abs(start)
        starts[name] = start
    for parameter, name in zip(distribution["parameters"], names):
        if WHOLE in parameter.get("help", "") and isinstance(starts[name], float):
            starts[name] = float(round(starts[name]))
        example = LIST.search(parameter.get("help", ""))
        if example is not None:
            starts[name] = [float(x) for x in example.group(1).split(",")]
            if name == "values" and number != 0:
                starts[name] = [float("%.6g" % (number * share)) for share in (0.8, 1.0, 1.2)]
    for shape in SHAPES:
        if number != 0 and starts.get(shape) and "scale" in starts:
            starts["scale"] = abs(number) / starts[shape]
    return [starts[name] for name in names]


def with_scale(parameters, distribution, factor):
    """The constants, those in the cell's own unit times factor."""
    texts = []
    for parameter, described in zip(parameters, distribution["parameters"]):
        scales = parameter.number is not None and described["name"].lower() in FACTORS
        texts.append(excel_number(float("%.12g" % (parameter.number * factor))) if scales
                     else parameter.constant)
    return texts


class InputDialog:
    """The window and what it knows."""

    def __init__(self, context, frame, document, cells, host):
        self.context, self.document, self.cells, self.host = context, document, cells, host
        self.distributions = host.call("distributions", {})["distributions"]
        self.values = Values(context, document, cells[0])
        self.number = cells_of.at(document, cells[0]).getValue()
        self.setting = (pe_settings.settings_of_cell(document, pe_settings.INPUT, cells[0])
                        or [None])[-1]
        self.formula = in_cell(document, cells[0])
        self.rows = min(PARAMETERS_MAX, max(len(d["parameters"]) for d in self.distributions))
        self.kept = {}        # what the user typed, by parameter name
        self.parameters = []  # as last read, empty while something is wrong
        self.quiet = False    # while fields are filled by us
        self.dialog = toolkit.Dialog(context, frame, T.INPUT_TITLE, 340, self._height())
        self._build()

    def _height(self):
        return 62 + 19 * self.rows + 80 + (13 if len(self.cells) > 1 else 0)

    # ---- the window

    def _build(self):
        d, several = self.dialog, len(self.cells) > 1
        address, now = cells_of.short(self.cells[0]), self._shown()
        title = (T.INPUT_CELLS % (len(self.cells), address, now) if several
                 else T.INPUT_ONE_CELL % (address, now))
        d.label("title", title, (6, 6, 328, 10), FontWeight=toolkit.BOLD)
        d.label("name_label", T.INPUT_NAME, (6, 23, 63, 10))
        d.edit("name", self._first_name(), (70, 20, 108, 14), Enabled=not several)
        d.label("distribution_label", T.INPUT_DISTRIBUTION, (6, 42, 63, 10))
        d.list("distribution", [each["title"] for each in self.distributions], (70, 39, 108, 14))
        for row in range(self.rows):
            y = 58 + 19 * row
            d.label("label%d" % row, "", (6, y + 3, 63, 10))
            d.edit("value%d" % row, "", (70, y, 108, 14), HelpText=T.INPUT_PARAMETER_HELP)
        self._build_shape()
        y = 62 + 19 * self.rows
        d.label("help", "", (6, y, 328, 18), MultiLine=True, TextColor=toolkit.GREY)
        d.label("problem", "", (6, y + 21, 328, 18), MultiLine=True, TextColor=toolkit.RED)
        y += 43
        if several:
            d.check("scale", T.INPUT_SCALE, (6, y, 328, 11), True)
            y += 13
        d.check("as_formula", T.INPUT_AS_FORMULA, (6, y, 328, 11), bool(self.formula))
        if self.setting is not None or self.formula:
            d.button("remove", T.INPUT_REMOVE, (6, d.height - 19, 76, 14))
        d.closing_buttons(T.OK, T.CANCEL)

    def _build_shape(self):
        d, height = self.dialog, 19 * self.rows + 14
        d.add("ImageControl", "shape", (186, 20, 148, height), Border=1, ScaleImage=True,
              Tabstop=False, BackgroundColor=0xFFFFFF)
        texts = (T.INPUT_P5, T.INPUT_MEAN, T.INPUT_P95, T.INPUT_SD)
        for index, (key, text) in enumerate(zip(("p5", "mean", "p95", "sd"), texts)):
            place = (186 + 37 * index, 24 + height, 37 if index < 3 else 40, 9)
            d.label("label_" + key, text, place, TextColor=toolkit.GREY)
            d.label("figure_" + key, "", (place[0], place[1] + 9, 37, 9))

    def _shown(self):
        return cells_of.at(self.document, self.cells[0]).getString()

    def _first_name(self):
        if len(self.cells) > 1:
            return ""
        if self.setting is not None and self.setting.name:
            return self.setting.name
        return cells_of.name_of(self.document, self.cells[0])

    # ---- filling in

    def run(self):
        """Shows the dialog and does what was asked for."""
        d = self.dialog
        d.open()
        self._fill_first()
        d.on("distribution", "item", lambda event: self._chosen())
        for row in range(self.rows):
            d.on("value%d" % row, "text", lambda event: self._typed())
        if self.setting is not None or self.formula:
            d.on("remove", "action", lambda event: d.control.endDialog(REMOVE))
        d.part("value0").setFocus()
        result = d.execute()
        if result == REMOVE:
            self.remove()
        elif result == toolkit.OK and self.parameters:
            self.apply()

    def _fill_first(self):
        """The setting that the cell has, else the first distribution."""
        value = self.formula or (self.setting.value if self.setting is not None else "")
        name, texts, live = parse_setting(value) or ("", [], False)
        for index, distribution in enumerate(self.distributions):
            if (name in (distribution["name"].lower(), distribution["display"].lower())
                    and len(texts) <= len(distribution["parameters"])):
                self._select(index, [self._as_typed(text, live) for text in texts])
                return
        self._select(0, None)
        if value:
            self.dialog["problem"].Label = T.INPUT_CUSTOM % value

    def _as_typed(self, text, live):
        try:
            return self.values.text(float(text))
        except ValueError:
            pass
        if text.startswith("{"):
            return "; ".join(self._as_typed(part.strip(), live)
                             for part in re.split("[;,|]", text.strip("{}")))
        return "=" + (self.values.typed(text) if live else text)

    def distribution(self):
        """The one that is chosen."""
        return self.distributions[max(0, self.dialog["distribution"].SelectedItems[0])]

    def _select(self, index, texts):
        self.dialog["distribution"].SelectedItems = (index,)
        self._show_parameters(texts)
        self._update()

    def _chosen(self):
        self._show_parameters(None)
        self._update()

    def _typed(self):
        if self.quiet:
            return
        for row, parameter in enumerate(self.distribution()["parameters"][:self.rows]):
            self.kept[parameter["name"].lower()] = self.dialog["value%d" % row].Text
        self._update()

    def _show_parameters(self, texts):
        """Labels and fields for the chosen distribution; texts: of the fields, None: start
        values, or what was typed for a parameter of the same name."""
        distribution, d = self.distribution(), self.dialog
        starts = start_values(distribution, self.number)
        self.quiet = True
        for row in range(self.rows):
            used = row < len(distribution["parameters"])
            for name in ("label%d" % row, "value%d" % row):
                d.part(name).setVisible(used)
            if not used:
                continue
            parameter = distribution["parameters"][row]
            label = parameter["label"]
            d["label%d" % row].Label = T.INPUT_PARAMETER % (label[:1].upper() + label[1:])
            d["value%d" % row].HelpText = (parameter.get("help", "") + " "
                                           + T.INPUT_PARAMETER_HELP).strip()
            d["value%d" % row].Text = self._field_text(parameter, starts[row], texts, row)
        d["help"].Label = distribution.get("help", "")
        self.quiet = False

    def _field_text(self, parameter, start, texts, row):
        if texts is not None:
            return texts[row] if row < len(texts) else ""
        kept = self.kept.get(parameter["name"].lower())
        if kept is not None:
            return kept
        if start is None:
            return ""
        if isinstance(start, (list, tuple)):
            return "; ".join(self.values.text(x) for x in start)
        scaled = parameter["name"].lower() in FACTORS
        rounded = float("%.6g" % start)
        return self.values.text(rounded) if scaled else self.values.plain_text(rounded)

    # ---- while typing

    def _update(self):
        """Reads the fields, asks the host, shows the shape or what is wrong."""
        d = self.dialog
        try:
            self.parameters = self.read()
            described = self.host.call("describe", {"formula": self.text()})
            problem = ""
            if not all(parameter.drawable for parameter in self.parameters):
                described, problem = {}, T.INPUT_NO_SHAPE
        except pe_document.Problem as error:
            self.parameters, described, problem = [], {}, str(error)
        d["problem"].Label = problem
        d.part("ok").setEnable(bool(self.parameters))
        self._show_shape(described)

    def read(self):
        """The parameters in the fields; Problem where one is wrong."""
        parameters = []
        for row, described in enumerate(self.distribution()["parameters"][:self.rows]):
            label = described["label"][:1].upper() + described["label"][1:]
            parameters.append(self.values.parameter(label, self.dialog["value%d" % row].Text))
        return parameters

    def text(self, factor=1.0):
        """The distribution in Excel's grammar, references by their present values."""
        constants = with_scale(self.parameters, self.distribution(), factor)
        return "%s(%s)" % (self.distribution()["name"], ",".join(constants))

    def _show_shape(self, described):
        figures = {key: self.values.figure(described[key]) if described.get(key) is not None
                   else "" for key in ("p5", "mean", "p95", "sd")}
        for key, text in figures.items():
            self.dialog["figure_" + key].Label = text
        size = self.dialog.part("shape").getPosSize()
        svg = pe_dialog_plot.shape(described, max(80, size.Width - 4), max(60, size.Height - 4),
                                   figures)
        self.dialog["shape"].Graphic = toolkit.picture(self.context, svg)

    # ---- doing it

    def apply(self):
        """Writes the settings or the formulas, as one step of Undo."""
        d = self.dialog
        scale = len(self.cells) > 1 and d["scale"].State == 1 and self.number != 0
        names = ([d["name"].Text.strip()] if len(self.cells) == 1
                 else cells_of.names_of(self.document, self.cells))
        if d["as_formula"].State == 1:
            self._insert_formulas(scale)
            return
        entries = []
        for cell, name in zip(self.cells, names):
            factor = cells_of.at(self.document, cell).getValue() / self.number if scale else 1.0
            entries.append((cell, self._setting(factor), name))
        with pe_document.one_undo_step(self.document, T.INPUT_UNDO):
            self._formula_to_number()
            pe_settings.set_inputs(self.document, entries, T.INPUT_UNDO)

    def remove(self):
        """The cell is a plain number again."""
        with pe_document.one_undo_step(self.document, T.INPUT_UNDO_REMOVE):
            self._formula_to_number()
            pe_settings.remove(self.document, pe_settings.INPUT, self.cells, T.INPUT_UNDO_REMOVE)

    def _formula_to_number(self):
        """A distribution in the cell gives way to the number that it shows."""
        if self.formula:
            self._refuse_locked()
            cells_of.at(self.document, self.cells[0]).setValue(self.number)

    def _setting(self, factor):
        """Text where there are only numbers, else a live formula."""
        if not any(parameter.live for parameter in self.parameters):
            return self.text(factor)
        return self._call([parameter.live for parameter in self.parameters], factor)

    def _call(self, formulas, factor):
        """The call in the grammar of Cell.setFormula: =RISKPERT(1;$Inputs.$B$4;5)."""
        constants = with_scale(self.parameters, self.distribution(), factor)
        arguments = [formula or constant.replace(",", ";")
                     for formula, constant in zip(formulas, constants)]
        return "=%s(%s)" % (self.distribution()["display"].upper(), ";".join(arguments))

    def _insert_formulas(self, scale):
        self._refuse_locked()
        undo = self.document.getUndoManager()
        with pe_document.one_undo_step(self.document, T.INPUT_UNDO):
            for cell in self.cells:
                target = cells_of.at(self.document, cell)
                factor = target.getValue() / self.number if scale else 1.0
                target.setFormula(self._call([p.own for p in self.parameters], factor))
            known = cells_of.at(self.document, self.cells[0]).getError() != NAME_ERROR
            if known and self.setting is not None:
                pe_settings.remove(self.document, pe_settings.INPUT, self.cells, T.INPUT_UNDO)
        if not known:
            undo.undo()
            raise pe_document.Problem(T.INPUT_NO_FUNCTIONS)

    def _refuse_locked(self):
        for cell in self.cells:
            sheet = self.document.getSheets().getByName(cell[0])
            if sheet.isProtected() and cells_of.at(self.document, cell).CellProtection.IsLocked:
                raise pe_document.Problem(T.INPUT_PROTECTED % pe_settings.address_of(cell))


REMOVE = 2  # how the dialog ends when the input is to be removed
