#!/usr/bin/python3
"""The dialogs without a display: what their fields make of a document, and that none of them waits
for a person who is not there. The host is a stand-in with canned replies.

    test_settings_dialogs.py

Expected values are what the person typed, by the rules of docs/libreoffice.md.
"""
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "../../addin/libreoffice/pythonpath")]
import office  # noqa: E402
import pe_dialog_host  # noqa: E402
import pe_dialog_input  # noqa: E402
import pe_dialog_output  # noqa: E402
import pe_dialog_plot  # noqa: E402
import pe_dialog_run  # noqa: E402
import pe_dialog_settings  # noqa: E402
import pe_document  # noqa: E402
import pe_settings  # noqa: E402

results = []


def equal(name, actual, expected):
    results.append(actual == expected)
    print("%s %s%s" % ("ok    " if results[-1] else "FAILED", name,
                       "" if results[-1] else ": %r is not %r" % (actual, expected)))


def parameter(name, label, start):
    return {"name": name, "label": label, "help": "", "start": start}


PERT = {"name": "pert", "display": "RiskPert", "title": "PERT", "group": "", "help": "smooth",
        "parameters": [parameter("min", "minimum", 80), parameter("likely", "most likely", 100),
                       parameter("max", "maximum", 130)]}
NORMAL = {"name": "normal", "display": "RiskNormal", "title": "Normal", "group": "", "help": "bell",
          "parameters": [parameter("mean", "mean", 100), parameter("sd", "sd", 10)]}


class StandIn:
    """Answers as the host does; remembers what it was asked."""

    book = 1

    def __init__(self):
        self.asked = []

    def send(self):
        self.asked.append(("send", None))

    def request(self, method, params):
        self.asked.append((method, params))
        if method == "distributions":
            return {"distributions": [PERT, NORMAL]}
        if method == "describe" and "wrong" in params["formula"]:
            raise pe_document.Problem("the maximum is below the minimum")
        if method == "inspect":
            return INSPECTION
        if method == "describe":
            return {"formula": params["formula"], "mean": 1.0, "sd": 0.5, "p5": 0.2, "p50": 1.0,
                    "p95": 1.8, "discrete": False, "x": [0, 1, 2], "density": [0, 1, 0]}
        return {}


def model(running):
    document = running.open()
    sheet = document.Sheets.getByIndex(0)
    sheet.Name = "Inputs"
    sheet.getCellRangeByName("A1:B5").setDataArray((("Units", 100.0), ("Price", 50.0),
                                                    ("Share", 0.2), ("Text", "abc"), ("", "")))
    sheet.getCellRangeByName("A6").String = "Sales"
    sheet.getCellRangeByName("B6").Formula = "=B1*B2*B3"
    document.UndoManager.clear()
    return document


def select(document, text):
    document.CurrentController.select(document.Sheets.getByIndex(0).getCellRangeByName(text))
    return document.CurrentController.Frame


def opened_input(running, document, cells, host=None):
    dialog = pe_dialog_input.InputDialog(running.context, document.CurrentController.Frame,
                                         document, cells,
                                         pe_dialog_host.Host(host or StandIn()))
    dialog.dialog.open()
    dialog._fill_first()
    return dialog


def fill(dialog, *texts):
    for row, text in enumerate(texts):
        dialog.dialog["value%d" % row].Text = text
    dialog._update()


def rows(document):
    return [(row.kind, row.cell, row.value, row.name) for row in pe_settings.read(document)]


def test_input(running):
    document = model(running)
    one = ("Inputs", 0, 1)
    dialog = opened_input(running, document, [one])
    equal("start values", [dialog.dialog["value%d" % i].Text for i in range(3)],
          ["80", "100", "120"])
    equal("the proposed name", dialog.dialog["name"].Text, "Units")
    fill(dialog, "90", "100", "150")
    dialog.apply()
    equal("a setting of numbers is text", rows(document),
          [("Input", one, "pert(90,100,150)", "Units")])
    equal("the cell shows its own number",
          document.Sheets.getByIndex(0).getCellRangeByName("B1").Formula, "100")
    for texts, words in ((("", "1", "2"), "Minimum is missing"), (("1", "x", "2"), "no number"),
                         (("1", "=B1", "2"), "itself"), (("=wrong", "1", "2"), "not understood")):
        fill(dialog, *texts)
        equal("said in place: " + words, (words in dialog.dialog["problem"].Label,
                                          dialog.parameters), (True, []))
    fill(dialog, "=B2", "=B2*2", "=MAX(B2;300)")
    equal("the host is asked with present values", dialog.text(), "pert(50,50*2,MAX(50,300))")
    dialog.apply()
    equal("references are live", rows(document)[0][2],
          "=riskpert($Inputs.$B$2;$Inputs.$B$2*2;MAX($Inputs.$B$2;300))")
    dialog.dialog.close()
    dialog = opened_input(running, document, [one])
    equal("a live setting is shown as typed",
          [dialog.dialog["value%d" % i].Text for i in range(3)],
          ["=$Inputs.$B$2", "=$Inputs.$B$2*2", "=MAX($Inputs.$B$2,300)"])
    dialog.dialog["as_formula"].State = 1
    fill(dialog, "90", "100", "150")
    try:
        dialog.apply()
        equal("no functions: refused", False, True)
    except pe_document.Problem:
        equal("no functions: the cell is as it was",
              document.Sheets.getByIndex(0).getCellRangeByName("B1").Formula, "100")
    dialog.dialog.close()
    cell = document.Sheets.getByIndex(0).getCellRangeByName("B2")
    cell.Formula = "=RISKPERT(40;$B$1/2;60)"
    dialog = opened_input(running, document, [("Inputs", 1, 1)])
    equal("a distribution in a cell is shown", ([dialog.dialog["value%d" % i].Text
                                                 for i in range(3)],
                                                dialog.dialog["as_formula"].State),
          (["40", "=$B$1/2", "60"], 1))
    dialog.dialog["as_formula"].State = 0
    dialog.number = 50.0  # what it shows where the functions are there
    dialog.apply()
    equal("and becomes a number with a setting", (cell.Formula, rows(document)[-1][2]),
          ("50", "=riskpert(40;$Inputs.$B$1/2;60)"))
    dialog.dialog.close()
    document.close(True)


def test_several(running):
    document = model(running)
    cells = [("Inputs", 0, 1), ("Inputs", 1, 1)]
    dialog = opened_input(running, document, cells)
    fill(dialog, "90", "100", "150")
    dialog.apply()
    equal("several cells, scaled", rows(document),
          [("Input", cells[0], "pert(90,100,150)", "Units"),
           ("Input", cells[1], "pert(45,50,75)", "Price")])
    dialog.dialog["scale"].State = 0
    dialog.apply()
    equal("several cells, alike", [row[2] for row in rows(document)], ["pert(90,100,150)"] * 2)
    equal("one step of Undo each", len(document.UndoManager.getAllUndoActionTitles()), 2)
    dialog.dialog.close()
    document.close(True)


def refused(function, *arguments):
    try:
        function(*arguments)
    except pe_document.Problem as problem:
        return str(problem)
    return ""


def test_commands(running):
    """The commands as the menu calls them: refusals, scripts, and no waiting."""
    document = model(running)
    context = running.context
    host = StandIn()
    for module in (pe_dialog_input, pe_dialog_settings):
        module.host_of = lambda context, document: pe_dialog_host.Host(host)
    for cell, words in (("B4", "holds text"), ("B5", "holds no number"), ("B6", "holds a formula")):
        frame = select(document, cell)
        text = refused(pe_dialog_input.execute, context, frame, {})
        equal("Define Input on " + cell, (words in text, "Inputs!" + cell in text), (True, True))
    text = refused(pe_dialog_output.execute, context, select(document, "B1"), {})
    equal("Add Output on a number", "holds no formula" in text, True)
    for cell in ("Inputs", "Inputs!", "Gone!B1", "Inputs!B0", "Inputs!ZZZZZ9"):
        text = refused(pe_dialog_input.execute, context, frame, {"Cells": cell})
        equal("no such cell: " + cell, "no cell \"%s\"" % cell in text, True)
    for module, cell in ((pe_dialog_input, "B1"), (pe_dialog_output, "B6"),
                         (pe_dialog_settings, "B6")):
        module.execute(context, select(document, cell), {})
    equal("nobody there: nothing done", rows(document), [])
    frame = select(document, "A1")
    pe_dialog_input.execute(context, frame, {"Cells": "Inputs!B1;Inputs!B2",
                                             "Distribution": "normal(1,2)"})
    pe_dialog_output.execute(context, frame, {"Cells": "Inputs!B6", "Name": "Total"})
    pe_dialog_settings.execute(context, frame, {"Trials": 500})
    equal("scripts", [row[0::2] for row in rows(document)],
          [("Input", "normal(1,2)"), ("Input", "normal(1,2)"), ("Output", ""), ("Trials", 500.0)])
    pe_dialog_input.execute(context, frame, {"Cells": "Inputs!B1", "Remove": True})
    equal("removed by a script", len(rows(document)), 3)
    settings_cell = pe_settings.sheet_of(document)
    settings_cell.IsVisible = True
    document.CurrentController.setActiveSheet(settings_cell)
    document.CurrentController.select(settings_cell.getCellRangeByName("B2"))
    text = refused(pe_dialog_output.execute, context, frame, {})
    equal("our own sheet", "belongs to Power Engine" in text, True)
    settings_cell.protect("")
    for module, cell in ((pe_dialog_input, "B1"), (pe_dialog_output, "B6")):
        text = refused(module.execute, context, select(document, cell), {})
        equal("settings that are protected, before anything is typed", "is protected" in text, True)
    document.close(True)


INSPECTION = {
    "formulas": 3, "check": {"line": "3 of 3 agree."}, "input_count": 1,
    "inputs": [{"name": "Units", "cell": "Inputs!B1", "distribution": "PERT", "mean": 1, "p5": 0,
                "p95": 2}],
    "outputs": [{"name": "Sales", "cell": "Inputs!B6", "declared": False, "chosen": True},
                {"name": "Other", "cell": "Inputs!B7", "declared": False, "chosen": False}],
    "problems": [{"cell": "Inputs!B2", "text": "a note", "stops": False}],
    "trials": 10000, "seed": 1, "seconds_per_trial": 0.001,
    "pages": ["Simulation Summary", "Sales", "Inputs"]}


def test_run(running):
    document = model(running)
    frame, host = document.CurrentController.Frame, StandIn()
    chosen = {"settings": {"freeze": ["Inputs!B9"]}, "name": "", "new_document": False}
    equal("nobody there: cancelled",
          pe_dialog_run.choose(running.context, frame, host, INSPECTION, chosen), None)
    dialog = pe_dialog_run.RunDialog(running.context, frame, host, INSPECTION, chosen)
    dialog.dialog.open()
    dialog._update()
    equal("as it stands", (dialog.problem, dialog.dialog["expected"].Label,
                           dialog.dialog["line"].Label),
          ("", "about 10 seconds",
           "Sheets that will be written: Simulation Summary, Sales, Inputs"))
    decided = dialog.decided()
    equal("decided", decided, {"settings": {"freeze": ["Inputs!B9"], "trials": 10000, "seed": 1,
                                            "sampling": "monte_carlo"},
                               "name": "", "new_document": False})
    dialog.keep(decided)
    equal("nothing to keep", pe_settings.sheet_of(document), None)
    for name, text, words in (("trials", "0", "Trials must"), ("trials", "1e5", "Trials must"),
                              ("seed", "-1", "seed must")):
        dialog.dialog[name].Text = text
        dialog._update()
        equal("refused: %s %s" % (name, text), words in dialog.problem, True)
        dialog.dialog[name].Text = "20,000" if name == "trials" else "5"
    dialog._toggle(0)
    equal("no output", dialog.problem, "Tick at least one output.")
    dialog._toggle(1)
    decided = dialog.decided()
    equal("decided anew", (decided["settings"]["trials"], decided["settings"]["seed"],
                           decided["settings"]["outputs"]),
          (20000, 5, [{"cells": "Inputs!B7", "name": "Other"}]))
    dialog.keep(decided)
    equal("kept", [row[0:3] for row in rows(document)],
          [("Trials", None, 20000.0), ("Seed", None, 5.0), ("Output", ("Inputs", 6, 1), "")])
    dialog.dialog.close()
    text = 'INFO would change from trial to trial; freezing "Inputs!B2" keeps the stored value'
    stopping = dict(INSPECTION, problems=[{"cell": "Inputs!B2", "text": text, "stops": True}])
    dialog = pe_dialog_run.RunDialog(running.context, frame, host, stopping, chosen)
    dialog.dialog.open()
    dialog._update()
    equal("a stopping problem", "stops the run" in dialog.problem, True)
    dialog._toggle(1)
    equal("other outputs are tried", host.asked[-1][0], "inspect")
    label, remedy = dialog._remedy_of(stopping["problems"][0])
    remedy()
    equal("a stopping cell can be frozen", (label, host.asked[-1][1]["settings"]["freeze"]),
          ("Use Stored ~Value", ["Inputs!B9", "Inputs!B2"]))
    dialog.keep(dialog.decided())
    equal("frozen in the sheet too", [row[0:2] for row in rows(document)][-1],
          ("Freeze", ("Inputs", 1, 1)))
    note = {"cell": "Inputs!B2", "text": "Inputs!B2 is frozen: its stored value is used"}
    label, remedy = dialog._remedy_of(note)
    remedy()
    equal("and freed", (label, rows(document)[-1][0], dialog.decided()["settings"]["freeze"]),
          ("Let It ~Vary", "Output", ["Inputs!B9"]))
    dialog.dialog.close()
    for cell, text, words in (("inputs", "the workbook has no random cell", "No inputs yet"),
                              ("", "memory is short", "Memory is short"),
                              ("Inputs!B2", "too deep", "Inputs!B2 stops the run. Too deep")):
        dialog = pe_dialog_run.RunDialog(running.context, frame, host, dict(
            INSPECTION, problems=[{"cell": cell, "text": text, "stops": True}]), chosen)
        dialog.dialog.open()
        dialog._update()
        equal("what stops: " + words, dialog.problem.startswith(words), True)
        equal("its cell", dialog.dialog["problems"].GridDataModel.getCellData(1, 0),
              cell if "!" in cell else "")
        dialog.dialog.close()
    document.close(True)


def test_texts():
    """What the lists show."""
    for formula, name, shown in (("RISKPERT(1,2,5)", "RiskPert", "Pert(1,2,5)"),
                                 ("pert(1,2,5)", "Pert", "Pert(1,2,5)"),
                                 ("B4*RAND()", "RAND", "B4*RAND()"), ("", "RAND", "RAND")):
        equal("shown: " + shown, pe_dialog_run.shown_formula({"formula": formula,
                                                              "distribution": name}), shown)
    for address, most, shown in (
            ("Sheet1!B7", 14, "Sheet1!B7"), ("Assumptions!B12", 14, "Assumptio\u2026!B12"),
            ("'It''s a long name'!$B$3", 16, "'It''s a\u2026'!$B$3"), ("", 5, ""),
            ("NoSheetHere", 5, "NoSheetHere"), ("Abcdef!XFD1048576", 8, "Abc\u2026!XFD1048576")):
        equal("short: " + address, pe_document.short_address(address, most), shown)
    for seconds, text in ((0.2, "less than a second"), (1.2, "about 1 second"),
                          (42, "about 42 seconds"), (600, "about 10 minutes"),
                          (9000, "about 2.5 hours")):
        equal("duration: " + text, pe_dialog_run.duration(seconds), text)


def test_plot():
    """The picture is well-formed SVG whatever the host says."""
    import xml.etree.ElementTree
    texts = {"p5": "1<2", "mean": "3&4", "p95": "5"}
    for name, described in (
            ("nothing", {}), ("one point", {"x": [1], "density": [1], "mean": 1}),
            ("bars", {"x": [1, 2, 5], "density": [0.2, 0.3, 0.5], "discrete": True, "mean": 3.3}),
            ("no finite density", {"x": [0, 1], "density": [float("inf"), float("nan")]}),
            ("curve", {"x": [0, 1, 2], "density": [0, 1, 0], "p5": 0.3, "mean": 1, "p95": 1.7})):
        xml.etree.ElementTree.fromstring(pe_dialog_plot.shape(described, 200, 100, texts))
        equal("plot: " + name, True, True)


def main():
    test_plot()
    test_texts()
    with office.Office() as running:
        for test in (test_input, test_several, test_commands, test_run):
            test(running)
    print("%d of %d" % (sum(results), len(results)))
    return 0 if all(results) else 1


sys.exit(main())
