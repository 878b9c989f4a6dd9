"""The dialog of Run Simulation: what is in the model, what will be reported, how many trials.

choose() shows what the host found, lets the person decide and keeps the decisions in the settings
sheet, so that a headless run of the saved file does the same. Nothing else is written here.
"""
import random
import re

import pe_dialog_toolkit as toolkit
import pe_document
import pe_settings
from pe_dialog_host import Host
from pe_dialog_texts import T
from pe_dialog_values import Figures

TRIALS_MAX, SEED_MAX = 1 << 40, 1 << 53  # the host's own limits
NEW_SEED_MAX = 10 ** 9                   # short enough to be read aloud
TICKED, UNTICKED = "\u2611", "\u2610"
SAMPLINGS = (pe_settings.MONTE_CARLO, pe_settings.LATIN_HYPERCUBE)
SHEETS_SHOWN = 8
FREEZE = re.compile(r'freezing "?[^"]*"? keeps')  # the host's words
NO_INPUTS = "inputs"  # what the host says this problem is about
FROZEN = " is frozen:"  # the host's words for such a cell


def choose(context, frame, session, inspection, chosen):
    """inspection: the host's reply to inspect. chosen: {"settings", "name", "new_document"} as the
    caller has it; the same kind of dict as the person decided, or None: cancelled."""
    dialog = RunDialog(context, frame, session, inspection, chosen)
    try:
        if dialog.run() != toolkit.OK:
            return None
        decided = dialog.decided()
        dialog.keep(decided)
        return decided
    finally:
        dialog.dialog.close()


def duration(seconds):
    """Seconds as a person says them."""
    if seconds < 1:
        return T.RUN_UNDER_A_SECOND
    if seconds < 1.5:
        return T.RUN_SECOND
    if seconds < 100:
        return T.RUN_SECONDS % round(seconds)
    if seconds < 6000:
        return T.RUN_MINUTES % round(seconds / 60)
    return T.RUN_HOURS % (seconds / 3600)


class RunDialog:
    """The window and what it knows."""

    def __init__(self, context, frame, session, inspection, chosen):
        self.context, self.frame, self.session = context, frame, session
        self.document = pe_document.document_of(frame)
        self.chosen = chosen
        self.figures = Figures(context)
        self.frozen = []    # cells that the person froze here
        self.current = ""   # the cell that "Go to Cell" shows
        self.remedy = None  # what the second button does
        self.problem = ""
        self._take(inspection)
        self.forced = self._forced_new_document()
        self.dialog = toolkit.Dialog(context, frame, T.RUN_TITLE, 400, 312)
        self._build()

    def _take(self, inspection):
        self.inspection = inspection
        self.outputs = list(inspection.get("outputs") or [])
        self.ticks = [bool(output.get("chosen")) for output in self.outputs]
        self.first_ticks = list(self.ticks)
        self._take_problems(inspection)

    def _take_problems(self, inspection):
        problems = inspection.get("problems") or []
        self.problems = sorted(problems, key=lambda problem: not problem.get("stops"))
        self.stops = any(problem.get("stops") for problem in problems)

    def _forced_new_document(self):
        """Why the results cannot stand in this document; "" where they can."""
        if self.document.isReadonly() or self.document.isProtected():
            return T.RUN_PLACE_FORCED
        return ""

    # ---- the window

    def _build(self):
        d = self.dialog
        d.label("check", self._check_line(), (6, 6, 388, 18), MultiLine=True)
        self._build_inputs()
        self._build_outputs()
        self._build_settings()
        self._build_problems()
        d.label("line", "", (6, 270, 388, 18), MultiLine=True)
        d.button("go", T.RUN_GO_TO, (6, 293, 64, 14), Enabled=False)
        d.button("mend", T.RUN_FREEZE, (74, 293, 78, 14))
        d.closing_buttons(T.RUN_OK, T.CANCEL, ok_width=84)

    def _check_line(self):
        """How many formulas there are and how many agree, without saying a number twice."""
        line = (self.inspection.get("check") or {}).get("line", "")
        formulas = "{:,}".format(self.inspection.get("formulas") or 0)
        return line if formulas in line else (T.RUN_FORMULAS % formulas + " " + line).strip()

    def _build_inputs(self):
        d = self.dialog
        d.heading("inputs_heading", "", (6, 26, 388, 10))
        columns = ((T.RUN_COLUMN_NAME, 96, False), (T.RUN_COLUMN_CELL, 52, False),
                   (T.RUN_COLUMN_DISTRIBUTION, 122, False), (T.INPUT_P5, 39, True),
                   (T.INPUT_MEAN, 39, True), (T.INPUT_P95, 39, True))
        d.grid("inputs", columns, (6, 37, 388, 62))
        self._show_inputs()

    def _show_inputs(self):
        inputs = self.inspection.get("inputs") or []
        count = self.inspection.get("input_count", len(inputs))
        self.dialog["inputs_heading"].Label = T.RUN_INPUTS % "{:,}".format(count)
        figure = self.figures.figure_of
        toolkit.add_rows(self.dialog["inputs"], [
            (each["name"], pe_document.short_address(each["cell"], 14), shown_formula(each))
            + tuple("" if each.get(key) is None else figure(each[key])
                    for key in ("p5", "mean", "p95")) for each in inputs])

    def _build_outputs(self):
        d = self.dialog
        d.heading("outputs_heading", T.RUN_OUTPUTS, (6, 102, 192, 10))
        columns = (("", 14, False), (T.RUN_COLUMN_NAME, 112, False),
                   (T.RUN_COLUMN_CELL, 62, False))
        d.grid("outputs", columns, (6, 113, 192, 73))
        self._show_ticks()
        d.button("all", T.RUN_ALL, (6, 190, 40, 13))
        d.button("none", T.RUN_NONE, (50, 190, 40, 13))

    def _build_settings(self):
        d, settings = self.dialog, self._first_settings()
        d.heading("settings_heading", T.RUN_SETTINGS, (206, 102, 188, 10))
        rows = [(T.RUN_TRIALS, 113), (T.RUN_SEED, 132), (T.RUN_SAMPLING, 151), (T.RUN_NAME, 170),
                (T.RUN_RESULTS, 189)]
        labels = ["label%d" % index for index in range(len(rows))]
        for (text, y), name in zip(rows, labels):
            d.label(name, text, (206, y + 3, 44, 10))
            if text is T.RUN_TRIALS:
                d.edit("trials", "{:d}".format(settings["trials"]), (252, y, 54, 14))
                d.label("expected", "", (310, y + 3, 84, 10), TextColor=toolkit.GREY)
            elif text is T.RUN_SEED:
                d.edit("seed", "{:d}".format(settings["seed"]), (252, y, 54, 14))
                d.button("new_seed", T.RUN_NEW_SEED, (310, y, 34, 14))
            elif text is T.RUN_SAMPLING:
                d.list("sampling", T.RUN_SAMPLINGS, (252, y, 92, 14),
                       SelectedItems=(SAMPLINGS.index(settings["sampling"]),))
            elif text is T.RUN_NAME:
                d.edit("name", self.chosen.get("name", ""), (252, y, 142, 14),
                       HelpText=T.RUN_NAME_HELP)
            else:
                new = bool(self.forced) or bool(self.chosen.get("new_document"))
                d.list("place", T.RUN_PLACES, (252, y, 92, 14), SelectedItems=(int(new),),
                       Enabled=not self.forced, HelpText=self.forced)

    def _first_settings(self):
        """What the caller gave, else what the document and the host say."""
        given, settings = self.chosen.get("settings") or {}, pe_settings.choices(self.document)
        for key in ("trials", "seed"):
            value = given.get(key, self.inspection.get(key, settings[key]))
            settings[key] = new_seed() if value == "new" else int(value)
        settings["sampling"] = given.get("sampling", settings["sampling"])
        return settings

    def _build_problems(self):
        d = self.dialog
        d.heading("problems_heading", "", (6, 209, 388, 10))
        columns = (("", 26, False), (T.RUN_COLUMN_CELL, 62, False),
                   (T.RUN_COLUMN_PROBLEM, 300, False))
        d.grid("problems", columns, (6, 220, 388, 45))
        self._show_problems()

    def _show_problems(self):
        d = self.dialog
        d["problems_heading"].Label = (T.RUN_PROBLEMS % len(self.problems) if self.problems
                                       else T.RUN_NO_PROBLEMS)
        toolkit.add_rows(d["problems"], [
            (T.RUN_STOPS if each.get("stops") else T.RUN_WARNS,
             pe_document.short_address(cell_of(each), 18), problem_text(each))
            for each in self.problems])

    def _show_ticks(self):
        model = self.dialog["outputs"]
        rows = [(TICKED if tick else UNTICKED, output["name"],
                 pe_document.short_address(output["cell"], 18))
                for tick, output in zip(self.ticks, self.outputs)]
        data = model.GridDataModel
        if data.RowCount != len(rows):
            toolkit.add_rows(model, rows)
            return
        for index, row in enumerate(rows):
            if data.getCellData(0, index) != row[0]:
                data.updateCellData(0, index, row[0])

    # ---- what happens in it

    def run(self):
        """Shows the dialog; OK or CANCEL."""
        d = self.dialog
        d.open()
        for name in ("inputs", "outputs", "problems"):
            d.on(name, "selection", lambda event, name=name: self._moved(name))
            d.on(name, "mouse", lambda event, name=name: self._clicked(name, event))
        d.on("outputs", "key", self._key)
        d.on("all", "action", lambda event: self._tick_all(True))
        d.on("none", "action", lambda event: self._tick_all(False))
        d.on("go", "action", lambda event: self._go())
        d.on("mend", "action", lambda event: self._mend())
        d.part("mend").setVisible(False)
        d.on("new_seed", "action", lambda event: self._new_seed())
        for name in ("trials", "seed"):
            d.on(name, "text", lambda event: self._update())
        self._update()
        d.part("trials").setFocus()
        return d.execute()

    def _cell_of_row(self, name, row):
        rows = {"inputs": self.inspection.get("inputs") or [], "outputs": self.outputs,
                "problems": self.problems}[name]
        return cell_of(rows[row]) if 0 <= row < len(rows) else ""

    def _moved(self, name):
        row = self.dialog.part(name).getCurrentRow()
        self.current = self._cell_of_row(name, row)
        self.dialog["go"].Enabled = bool(self.current)
        problem = self.problems[row] if name == "problems" and 0 <= row < len(self.problems) else {}
        label, self.remedy = self._remedy_of(problem)
        self.dialog["mend"].Label = label
        self.dialog.part("mend").setVisible(bool(label))
        if problem:  # the list may be too narrow for it
            self._say(problem_text(problem), problem.get("stops"))

    def _say(self, text, wrong):
        self.dialog["line"].Label = text
        self.dialog["line"].TextColor = toolkit.RED if wrong else toolkit.GREY

    def _remedy_of(self, problem):
        """(label of the button, what it does) for a problem; ("", None)."""
        if is_broken(problem):
            return T.RUN_DROP, self._drop_broken
        if problem.get("stops") and problem.get("cell") and FREEZE.search(problem["text"]):
            return T.RUN_FREEZE, lambda: self._freeze(problem["cell"])
        if FROZEN in problem.get("text", "") and self._is_frozen_here(problem["cell"]):
            return T.RUN_UNFREEZE, lambda: self._unfreeze(problem["cell"])
        return "", None

    def _is_frozen_here(self, cell):
        """By this dialog or the settings sheet, and not by whoever called."""
        return cell in self.frozen or bool(pe_settings.settings_of_cell(
            self.document, pe_settings.FREEZE, pe_document.parse_address(cell)))

    def _mend(self):
        remedy, self.remedy = self.remedy, None
        if remedy is not None:
            remedy()
            self.dialog.part("trials").setFocus()  # the button is about to go

    def _freeze(self, cell):
        """The cell keeps its stored value in every trial."""
        self.frozen.append(cell)
        self._inspect_again()

    def _unfreeze(self, cell):
        """The cell varies again."""
        self.frozen = [each for each in self.frozen if each != cell]
        if pe_settings.remove(self.document, pe_settings.FREEZE,
                              [pe_document.parse_address(cell)], T.RUN_UNDO):
            self.session.send()
        self._inspect_again()

    def _drop_broken(self):
        """Settings of deleted cells go."""
        pe_settings.remove_rows(self.document, pe_settings.broken(self.document), T.RUN_UNDO)
        self.session.send()
        self._inspect_again()

    def _inspect_again(self):
        self._take(self._inspect(self._settings()))
        self._show_inputs()
        self._show_ticks()
        self._show_problems()
        self.dialog.part("mend").setVisible(False)
        self._update()

    def _inspect(self, settings):
        return Host(self.session).call("inspect", {"book": self.session.book,
                                                   "settings": settings})

    def _settings(self):
        """What the caller gave, and the cells frozen here."""
        settings = dict(self.chosen.get("settings") or {})
        if self.frozen:
            settings["freeze"] = list(settings.get("freeze") or []) + self.frozen
        return settings

    def _clicked(self, name, event):
        grid = self.dialog.part(name)
        row = grid.getRowAtPoint(event.X, event.Y)
        if not 0 <= row < self.dialog[name].GridDataModel.RowCount:
            return
        if name == "outputs" and grid.getColumnAtPoint(event.X, event.Y) == 0:
            self._toggle(row)
        elif event.ClickCount == 2:
            self.current = self._cell_of_row(name, row)
            self._go()

    def _key(self, event):
        if event.KeyCode == toolkit.SPACE_KEY:
            self._toggle(self.dialog.part("outputs").getCurrentRow())

    def _toggle(self, row):
        if 0 <= row < len(self.ticks):
            self.ticks[row] = not self.ticks[row]
            self._ticked()

    def _tick_all(self, state):
        self.ticks = [state] * len(self.ticks)
        self._ticked()

    def _ticked(self):
        self._show_ticks()
        if self.stops and any(self.ticks):  # other outputs may be free of what stops the run
            settings = dict(self._settings(), outputs=self._ticked_outputs())
            self._take_problems(self._inspect(settings))
            self._show_problems()
        self._update()

    def _go(self):
        """Shows the cell behind the dialog."""
        if self.current:
            pe_document.select_cell(self.frame, self.current)

    def _new_seed(self):
        self.dialog["seed"].Text = "{:d}".format(new_seed())

    def _update(self):
        """Reads the fields; says what is wrong, what it will take and what will be written."""
        d = self.dialog
        trials, seed = self._count("trials"), self._count("seed")
        self.problem = problem_of_counts(trials, seed) or self._problem_of_model()
        pace = self.inspection.get("seconds_per_trial")
        d["expected"].Label = (duration(trials * pace)
                               if trials and pace is not None and pace >= 0 else "")
        self._say(self.problem or T.RUN_SHEETS % self._sheets(), self.problem)
        d.part("ok").setEnable(not self.problem)

    def _problem_of_model(self):
        if self.stops:
            cell, text = cell_of(self.problems[0]), problem_text(self.problems[0])
            return T.RUN_STOPPED % (cell, text) if cell else text
        if not self.inspection.get("inputs"):
            return T.RUN_NO_INPUT
        return "" if any(self.ticks) else T.RUN_NO_OUTPUT

    def _count(self, name):
        return count_of(self.dialog[name].Text)

    def _sheets(self):
        pages = list(self.inspection.get("pages") or [])
        if self.ticks != self.first_ticks:
            count, names = sum(self.ticks), {output["name"] for output in self.outputs}
            others = ", ".join(page for page in pages if page not in names)
            return T.RUN_SHEETS_ONE % others if count == 1 else T.RUN_SHEETS_MANY % (others, count)
        shown = ", ".join(pages[:SHEETS_SHOWN])
        return shown + (T.RUN_SHEETS_MORE % (len(pages) - SHEETS_SHOWN)
                        if len(pages) > SHEETS_SHOWN else "")

    # ---- what was decided

    def _ticked_outputs(self):
        return [{"cells": output["cell"], "name": output["name"]}
                for output, tick in zip(self.outputs, self.ticks) if tick]

    def decided(self):
        """As choose() returns it."""
        d = self.dialog
        settings = self._settings()
        settings.update(trials=self._count("trials"), seed=self._count("seed"),
                        sampling=SAMPLINGS[max(0, d["sampling"].SelectedItems[0])])
        if self.ticks != self.first_ticks:
            settings["outputs"] = self._ticked_outputs()
            settings.pop("outputs_all", None)
        return {"settings": settings, "name": d["name"].Text.strip(),
                "new_document": d["place"].SelectedItems[0] == 1}

    def keep(self, decided):
        """Into the settings sheet, where the document can take one."""
        if self.document.isReadonly():
            return
        if self.document.isProtected() and pe_settings.sheet_of(self.document) is None:
            return
        outputs = None
        if self.ticks != self.first_ticks:
            outputs = [(pe_document.parse_address(output["cells"]), output["name"])
                       for output in decided["settings"]["outputs"]]
        pe_settings.remember(self.document, decided["settings"], outputs, T.RUN_UNDO,
                             [pe_document.parse_address(cell) for cell in self.frozen])


def shown_formula(described):
    """An input's distribution, without the shouting: Pert(1,2,5) for RISKPERT(1,2,5)."""
    formula, name = described.get("formula") or "", described.get("distribution") or ""
    if name[:4].lower() == "risk":
        name = name[4:]
    for start in ("RISK" + name.upper(), name.upper()):
        if name and formula.upper().startswith(start + "("):
            return name[:1].upper() + name[1:] + formula[len(start):]
    return formula or name


def count_of(text):
    """A whole number as a person writes it, thousands apart or not; None where it is none."""
    text = "".join(c for c in text if c not in " ,'\u00a0\u202f")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 17 else None


def problem_of_counts(trials, seed):
    """What is wrong with them; "" where nothing is."""
    if trials is None or not 1 <= trials <= TRIALS_MAX:
        return T.RUN_BAD_TRIALS % "{:,}".format(TRIALS_MAX)
    if seed is None or not 0 <= seed <= SEED_MAX:
        return T.RUN_BAD_SEED % "{:,}".format(SEED_MAX)
    return ""


def cell_of(item):
    """The cell of an input, output or problem; "" where it is about none, or about one that is
    gone."""
    cell = item.get("cell") or ""
    return cell if "!" in cell and "#REF!" not in cell else ""


def is_broken(problem):
    """A setting whose cell was deleted."""
    return bool(problem.get("stops")) and "#REF!" in (problem.get("cell") or "")


def problem_text(problem):
    """A problem in words that fit the dialog."""
    if is_broken(problem):
        return T.RUN_BROKEN
    if problem.get("cell") == NO_INPUTS:
        return T.RUN_NO_INPUT
    text = FREEZE.sub(T.RUN_FREEZE_WORDS, problem["text"])
    return text[:1].upper() + text[1:]


def new_seed():
    """A seed that nobody chose."""
    return random.SystemRandom().randrange(1, NEW_SEED_MAX)
