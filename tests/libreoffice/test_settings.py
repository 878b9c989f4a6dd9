#!/usr/bin/python3
"""Settings made in Calc are the host's settings: after a row was inserted above, the sheet renamed
and the document saved as .xlsx and as .ods, a headless run reads the same cells and gives the same
numbers as one whose settings are given on the command line.

    test_settings.py POWER_ENGINE

Expected values come from the documents themselves (what was typed in) and from runs with explicit
settings, never from what the settings sheet says.
"""
import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "../../addin/libreoffice/pythonpath")]
import office  # noqa: E402
import pe_dialog_cells  # noqa: E402
import pe_dialog_input  # noqa: E402
import pe_dialog_values  # noqa: E402
import pe_document  # noqa: E402
import pe_settings  # noqa: E402

PROGRAM = sys.argv[1]
PERT, NORMAL = "pert(80,100,150)", "normal(0.04,0.01)"
results = []


def check(name, right, detail=""):
    results.append(bool(right))
    print("%s %s%s" % ("ok    " if right else "FAILED", name, "" if right else ": %s" % (detail,)))


def equal(name, actual, expected):
    check(name, actual == expected, "%r is not %r" % (actual, expected))


def run(path, *options):
    """The numbers of a headless run, without what names the file."""
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "out.json")
        done = subprocess.run([PROGRAM, "run", path, "--json", out, *options],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode != 0:
            return done.stdout.decode()
        with open(out, encoding="utf-8") as file:
            return json.load(file)


def numbers(report):
    """Cell and statistics of each output; the failure's text where there was one."""
    if isinstance(report, str):
        return report
    return [(output["cell"], output["name"], output["mean"], output["min"], output["max"])
            for output in report["outputs"]]


def model(running):
    """A plain model: three numbers, a product, a sum; a sheet name that must be quoted."""
    document = running.open()
    sheets = document.Sheets
    sheets.getByIndex(0).Name = "Inputs"
    sheets.insertNewByName("It's a model", 1)
    inputs, model_sheet = sheets.getByName("Inputs"), sheets.getByName("It's a model")
    for row, (label, value) in enumerate((("Units", 100), ("Growth", 0.04), ("Cost", 60)), 2):
        inputs.getCellByPosition(0, row).String = label
        inputs.getCellByPosition(1, row).Value = value
    inputs.getCellByPosition(1, 1).String = "Value"
    model_sheet.getCellByPosition(0, 0).String = "Profit"
    model_sheet.getCellByPosition(1, 0).Formula = "=$Inputs.B3*(1+$Inputs.B4)*10-$Inputs.B5"
    model_sheet.getCellByPosition(0, 1).String = "Twice"
    model_sheet.getCellByPosition(1, 1).Formula = "=B1*2"
    return document


def steps(document):
    return list(document.UndoManager.getAllUndoActionTitles())


def test_sheet(running):
    """Writing, updating in place, removing: one step of Undo each."""
    document = model(running)
    document.UndoManager.clear()
    pe_settings.set_inputs(document, [(("Inputs", 2, 1), PERT, "Units")], "Define Input")
    equal("one step of Undo", steps(document), ["Define Input"])
    sheet = pe_settings.sheet_of(document)
    equal("the sheet is hidden and last", (sheet.IsVisible, document.Sheets.getByIndex(2).Name),
          (False, "Power Engine"))
    equal("the header", sheet.getCellRangeByName("A1:D1").getDataArray()[0],
          ("Setting", "Cell", "Value", "Name"))
    equal("the row", sheet.getCellRangeByName("A2:D2").getFormulaArray()[0],
          ("Input", "=$Inputs.$B$3", PERT, "Units"))
    pe_settings.set_outputs(document, [(("It's a model", 0, 1), "Profit"),
                                       (("It's a model", 1, 1), "Twice")], "Add Output")
    pe_settings.set_inputs(document, [(("Inputs", 2, 1), "uniform(1,2)", "=Units")], "Again")
    rows = pe_settings.read(document)
    equal("updated in place", [(r.kind, r.cell, r.value, r.name) for r in rows],
          [("Input", ("Inputs", 2, 1), "uniform(1,2)", "=Units"),
           ("Output", ("It's a model", 0, 1), "", "Profit"),
           ("Output", ("It's a model", 1, 1), "", "Twice")])
    equal("each one step", steps(document), ["Again", "Add Output", "Define Input"])
    removed = pe_settings.remove(document, "Output", [("It's a model", 0, 1)], "Remove Output")
    equal("removed", (removed, len(pe_settings.read(document))), (1, 2))
    for _ in range(4):
        document.UndoManager.undo()
    equal("undone: no sheet", pe_settings.sheet_of(document), None)
    chosen = {"trials": 10000, "seed": 1, "sampling": pe_settings.MONTE_CARLO}
    equal("defaults are not written", (pe_settings.remember(document, chosen, None, "Run"),
                                       pe_settings.sheet_of(document)), (False, None))
    chosen = {"trials": 500, "seed": 2 ** 53, "sampling": pe_settings.LATIN_HYPERCUBE}
    check("choices are written", pe_settings.remember(document, chosen, None, "Run"))
    equal("choices are read", pe_settings.choices(document), chosen)
    outputs = [(("It's a model", 1, 1), "Twice")]
    pe_settings.remember(document, chosen, outputs, "Run")
    equal("outputs are replaced", [(r.kind, r.cell) for r in pe_settings.read(document)][3:],
          [("Output", outputs[0][0])])
    document.close(True)


def test_saved(running, folder):
    """Settings made in Calc, row inserted, sheet renamed, .xlsx and .ods."""
    document = model(running)
    inputs = document.Sheets.getByName("Inputs")
    live = "=RISKUNIFORM($Inputs.$B$5*0.5;$Inputs.$B$5)"
    inputs.getCellRangeByName("A6:B6").setDataArray((("Tax", 9.0),))
    document.Sheets.getByName("It's a model").getCellByPosition(1, 0).Formula += "-$Inputs.B6"
    pe_settings.set_inputs(document, [(("Inputs", 2, 1), PERT, "Units sold"),
                                      (("Inputs", 3, 1), NORMAL, ""),
                                      (("Inputs", 5, 1), live, "Tax")], "Define Input")
    pe_settings.set_outputs(document, [(("It's a model", 0, 1), "Profit")], "Add Output")
    pe_settings.remember(document, {"trials": 3000, "seed": 7,
                                    "sampling": pe_settings.LATIN_HYPERCUBE}, None, "Run")
    inputs.Rows.insertByIndex(0, 1)
    inputs.Name = "My Inputs"
    document.Sheets.getByName("It's a model").Name = "Model 2"
    rows = pe_settings.read(document)
    equal("references follow", [row.cell for row in rows],
          [("My Inputs", 3, 1), ("My Inputs", 4, 1), ("My Inputs", 6, 1), ("Model 2", 0, 1),
           None, None, None])
    equal("a live formula follows", rows[2].value,
          "=riskuniform($'My Inputs'.$B$6*0.5;$'My Inputs'.$B$6)")
    paths = [os.path.join(folder, "model." + ending) for ending in ("xlsx", "ods")]
    for path in paths:
        running.save(document, path)
    plain = os.path.join(folder, "plain.xlsx")
    document.Sheets.removeByName("Power Engine")
    running.save(document, plain)
    document.close(True)
    expected = numbers(run(plain, "--trials", "3000", "--seed", "7", "--sampling", "lhs",
                           "--input", "'My Inputs'!B4=" + PERT,
                           "--input", "'My Inputs'!B5=" + NORMAL,
                           "--input", "'My Inputs'!B7=uniform('My Inputs'!B6*0.5,'My Inputs'!B6)",
                           "--output", "'Model 2'!B1=Profit"))
    check("explicit settings run", not isinstance(expected, str), expected)
    for path in paths:
        equal("the same numbers from " + os.path.basename(path), numbers(run(path)), expected)


def test_values(running):
    """What is typed into a field."""
    document = model(running)
    sheet = document.Sheets.getByName("Inputs")
    values = pe_dialog_values.Values(running.context, document, ("Inputs", 2, 1))
    for text, constant, live in (
            ("12.5", "12.5", None), ("1,500", "1500", None), ("4%", "0.04", None),
            ("-3", "-3", None), ("=3*4", "3*4", None),
            ("1; 2; 3.5", "{1,2,3.5}", None), ("{1,2,3}", "{1,2,3}", None),
            ("=B4*2", "0.04*2", "$Inputs.$B$4*2"), ("=$B$5", "60", "$Inputs.$B$5"),
            ("=MAX(B4;B5)", "MAX(0.04,60)", "MAX($Inputs.$B$4;$Inputs.$B$5)"),
            ("=SUM(B4:B5)", "SUM({0.04;60})", "SUM($Inputs.$B$4:$Inputs.$B$5)"),
            ("=$'It''s a model'.B1", "980", "$'It''s a model'.$B$1")):
        parameter = values.parameter("Max", text)
        equal("parameter " + text, (parameter.constant, parameter.live), (constant, live))
    for text, words in (("", "is missing"), ("abc", "no number"), ("1,2,3", "no number"),
                        ("=B4*foo", "not understood"),
                        ("=B3+1", "itself"), ("=SUM(B2:B5)", "itself")):
        try:
            values.parameter("Max", text)
            check("refused: " + text, False)
        except pe_document.Problem as problem:
            check("refused: " + text, words in str(problem), problem)
    sheet.getCellByPosition(1, 3).NumberFormat = document.NumberFormats.getStandardFormat(
        128, document.CharLocale)
    percent = pe_dialog_values.Values(running.context, document, ("Inputs", 3, 1))
    equal("percent cells", (percent.text(0.04), percent.number("4%"), percent.figure(0.0412)),
          ("4%", 0.04, "4.12%"))
    equal("figures", [values.figure(x) for x in (0, 1, 12345678.9, 0.01234, -2.5, 1e15, None)],
          ["0", "1", "12,345,679", "0.01234", "-2.5", "1.000E+15", "-"])
    names = pe_dialog_cells.names_of(document, [("Inputs", 2, 1), ("It's a model", 0, 1)])
    equal("names", names, ["Units / Value", "Profit"])
    document.close(True)


def test_decimal_comma(running):
    """A person whose numbers have commas; the settings stay in one grammar."""
    provider = running.service("com.sun.star.configuration.ConfigurationProvider")
    access = provider.createInstanceWithArguments(
        "com.sun.star.configuration.ConfigurationUpdateAccess",
        office.properties(nodepath="/org.openoffice.Setup/L10N"))
    before = access.getByName("ooSetupSystemLocale")
    access.replaceByName("ooSetupSystemLocale", "de-DE")
    access.commitChanges()
    try:
        document = model(running)
        values = pe_dialog_values.Values(running.context, document, ("Inputs", 2, 1))
        for text, constant, live in (
                ("12,5", "12.5", None), ("1.500,5", "1500.5", None), ("4,5%", "0.045", None),
                ("1,5; 2", "{1.5,2}", None), ("{1,5;2}", "{1.5,2}", None),
                ("=B4*1,5", "0.04*1.5", "$Inputs.$B$4*1.5"),
                ("=MAX(B4;1,5)", "MAX(0.04,1.5)", "MAX($Inputs.$B$4;1.5)")):
            parameter = values.parameter("Max", text)
            equal("parameter " + text, (parameter.constant, parameter.live), (constant, live))
        equal("as typed", (values.text(12.5), values.figure(1234.5), values.typed("B4*1.5")),
              ("12,5", "1.234,5", "B4*1,5"))
        document.close(True)
    finally:
        access.replaceByName("ooSetupSystemLocale", before)
        access.commitChanges()


def test_settings_text():
    """Settings as they stand in the sheet, taken apart."""
    for value, expected in (
            ("pert(1,2,5)", ("pert", ["1", "2", "5"], False)),
            ("RiskDiscrete({1,2},{0.5,0.5})", ("riskdiscrete", ["{1,2}", "{0.5,0.5}"], False)),
            ("=riskpert(1;MAX($A.$B$1;2);5)", ("riskpert", ["1", "MAX($A.$B$1;2)", "5"], True)),
            ("=_XLL.RISKEXPON($A.$B$1)", ("riskexpon", ["$A.$B$1"], True)),
            ("=B4*2", None), ("", None)):
        equal("setting %r" % value, pe_dialog_input.parse_setting(value), expected)
    pert = {"parameters": [{"name": "min", "start": 0}, {"name": "likely", "start": 1},
                           {"name": "max", "start": 2}]}
    for number, starts in ((100, [80, 100, 120]), (-100, [-120, -100, -80]), (0, [0, 1, 2])):
        equal("start values at %g" % number,
              [round(x, 9) for x in pe_dialog_input.start_values(pert, number)], starts)


def main():
    test_settings_text()
    with tempfile.TemporaryDirectory() as folder, office.Office() as running:
        test_sheet(running)
        test_values(running)
        test_decimal_comma(running)
        test_saved(running, folder)
    print("%d of %d" % (sum(results), len(results)))
    return 0 if all(results) else 1


sys.exit(main())
