"""Risk functions in cells, in a real LibreOffice: values, errors, areas, properties; saved and
loaded as .ods and .xlsx, in Excel's spelling, run headless; a host that dies; none at all.

test_functions.py POWER_ENGINE EXTENSION.oxt LIBRARY

Expected values are those of the distributions themselves (a mean, a median, a truncated normal's
mean by its textbook formula), not of the host.
"""
import json
import math
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest
import zipfile

HERE = os.path.dirname(os.path.abspath(__file__))
ADDIN = os.path.join(HERE, os.pardir, os.pardir, "addin", "libreoffice")
sys.path[:0] = [HERE, os.path.join(ADDIN, "pythonpath")]
from office import Office  # noqa: E402
import pe_ahead  # noqa: E402

ENGINE = EXTENSION = LIBRARY = None


def normal_above(mean, sd, limit):
    """The mean of a normal variable cut off below limit."""
    z = (limit - mean) / sd
    density = math.exp(-z * z / 2) / math.sqrt(2 * math.pi)
    return mean + sd * density / (0.5 * math.erfc(z / math.sqrt(2)))


# Formula, value, Calc's error number. C1:E1 hold 1, 2, 3; C2:E2 hold 1, 1, 2.
VALUES = [
    ("=RISKNORMAL(10;2)", 10.0, 0),
    ("=risknormal(C1;D1)", 1.0, 0),
    ("=_xll.RiskNormal(3;1)", 3.0, 0),
    ("=PSINORMAL(4;1)+VOSENORMAL(5;1)", 9.0, 0),
    ("=RISKTRIANG(1;2;6)", 3.0, 0),
    ("=RISKUNIFORM(C1;E1)*2", 4.0, 0),
    ("=RISKPERT(1;2;6)", (1 + 4 * 2 + 6) / 6, 0),
    ("=RISKDISCRETE(C1:E1;C2:E2)", 2.0, 0),  # mean 2.25; the member nearest to it
    ("=RISKDISCRETE({1|2|3};{1|1|2})", 2.0, 0),
    ("=RISKOUTPUT(\"NPV\")+7", 7.0, 0),
    ("=RISKOUTPUT()+7", 7.0, 0),
    ("=RISKNORMAL(10;2;RISKTRUNCATE(11;))", normal_above(10, 2, 11), 0),
    ("=RISKNORMAL(10;2;RISKNAME(\"a \"\"b\"\"\");RISKSHIFT(5))", 15.0, 0),
    ("=RISKNORMAL(10;2;RISKSTATIC(12.5))", 12.5, 0),
    ("=RISKNORMAL(10;-1)", 0.0, 519),
    ("=RISKNORMAL(\"x\";1)", 0.0, 519),
    ("=RISKNORMAL(1/0;1)", 0.0, 532),
    ("=RISKNORMAL(NA();1)", 0.0, 32767),
]


def fill(document, formulas):
    sheet = document.Sheets.getByIndex(0)
    for row, numbers in enumerate(((1, 2, 3), (1, 1, 2))):
        for column, number in enumerate(numbers):
            sheet.getCellByPosition(2 + column, row).Value = number
    for row, formula in enumerate(formulas):
        sheet.getCellByPosition(0, row).Formula = formula
    return sheet


def host_of(folder):
    """The process id of the host whose socket is in folder, None where there is none."""
    try:
        with open(os.path.join(folder, "power-engine", "host-1.json"), encoding="utf-8") as file:
            pid = json.load(file)["pid"]
        with open("/proc/%d/stat" % pid, encoding="utf-8") as file:
            return None if ") Z" in file.read() else pid
    except (OSError, ValueError):
        return None


class Functions(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="pe-functions-")
        os.environ["XDG_RUNTIME_DIR"] = cls.folder
        extension = os.path.join(cls.folder, "power-engine.oxt")
        shutil.copy(EXTENSION, extension)
        with zipfile.ZipFile(extension, "a") as archive:  # as install-libreoffice does
            archive.writestr("program.txt", ENGINE)
        cls.office = Office(extension)
        cls.office.__enter__()

    @classmethod
    def tearDownClass(cls):
        cls.office.__exit__()
        host = host_of(cls.folder)
        if host:
            os.kill(host, signal.SIGTERM)
        shutil.rmtree(cls.folder, ignore_errors=True)

    def check(self, sheet, rows=VALUES):
        for row, (formula, expected, error) in enumerate(rows):
            cell = sheet.getCellByPosition(0, row)
            with self.subTest(formula=formula):
                self.assertEqual(cell.getError(), error)
                if not error:
                    self.assertAlmostEqual(cell.Value, expected, delta=1e-9 * abs(expected))

    def test_values(self):
        document = self.office.open()
        self.check(fill(document, [formula for formula, _, _ in VALUES]))
        document.close(True)

    def test_saved_and_loaded(self):
        document = self.office.open()
        fill(document, [formula for formula, _, _ in VALUES])
        for ending in ("ods", "xlsx"):
            path = os.path.join(self.folder, "saved." + ending)
            self.office.save(document, path)
            again = self.office.open(path)
            again.calculateAll()
            self.check(again.Sheets.getByIndex(0))
            again.close(True)
        document.close(True)

    def test_headless_run_of_what_was_saved(self):
        document = self.office.open()
        fill(document, ["=RISKNORMAL(10;2)", "=RISKTRIANG(0;1;5;RISKNAME(\"t\"))",
                        "=RISKOUTPUT(\"sum\")+A1+A2"])
        means = []
        for ending in ("ods", "xlsx"):
            path = os.path.join(self.folder, "run." + ending)
            self.office.save(document, path)
            done = subprocess.run([ENGINE, "run", path, "-o", path + "-results.xlsx", "--trials",
                                   "4000", "--seed", "1"], capture_output=True, text=True,
                                  check=True)
            means.append(re.search(r"^sum\s+([\d.]+)", done.stdout, re.M).group(1))
        self.assertEqual(means[0], means[1])
        self.assertAlmostEqual(float(means[0]), 12.0, delta=0.15)  # five standard errors
        document.close(True)

    def excel_file(self, name, formulas, replacements):
        """A file as Excel saves it: old values, and formulas with these bytes replaced."""
        document = self.office.open()
        fill(document, formulas)
        path = os.path.join(self.folder, "excel.xlsx")
        self.office.save(document, path)
        document.close(True)
        rewritten = os.path.join(self.folder, name)
        with zipfile.ZipFile(path) as old, zipfile.ZipFile(rewritten, "w") as new:
            for entry in old.namelist():
                data = old.read(entry)
                if entry == "xl/worksheets/sheet1.xml":
                    for before, after in replacements:
                        self.assertIn(before, data)
                        data = data.replace(before, after)
                new.writestr(entry, data)
        return rewritten

    def test_spelling_of_excel(self):
        """_xll.RiskNormal, mixed case, an old value."""
        path = self.excel_file("excel2.xlsx", ["=RISKNORMAL(10;2)"],
                               [(b"_XLL.RISKNORMAL(10,2)", b"_xll.RiskNormal(20,2)")])
        document = self.office.open(path)
        document.calculateAll()
        cell = document.Sheets.getByIndex(0).getCellByPosition(0, 0)
        self.assertEqual((cell.getError(), cell.Value), (0, 20.0))
        document.close(True)

    def test_without_prefix(self):
        """RiskNormal without _xll.: known after loading, also to a calculation of everything; the
        host reads the file as it is, and the document is as if nobody had touched it."""
        rows = [("=RISKNORMAL(10;2)", 10.0, 0),
                ("=RISKTRIANG(1;2;6;RISKNAME(\"RiskPert(\"))", 3.0, 0),
                ("=2*RISKUNIFORM(C1;E1)+A1", 14.0, 0), ("=RISKOUTPUT(\"sum\")+A1+A2", 13.0, 0)]
        path = self.excel_file("bare.xlsx", [row[0] for row in rows] + ["'=RISKPERT(1;2;3)"],
                               [(b"_XLL.RISKNORMAL(", b"RiskNormal("), (b"_XLL.", b"")])
        done = subprocess.run([ENGINE, "run", path, "-o", path + "-results.xlsx", "--trials",
                               "4000", "--seed", "1"], capture_output=True, text=True)
        self.assertRegex(done.stdout, r"(?m)^sum +1[23][.]")
        document = self.office.open(path)
        sheet = document.Sheets.getByIndex(0)
        self.check(sheet, rows)
        document.calculateAll()
        self.check(sheet, rows)
        self.assertEqual(sheet.getCellByPosition(0, 4).String, "=RISKPERT(1;2;3)")
        document.close(True)
        document = self.office.open(path)
        self.assertFalse(document.isModified())
        self.assertEqual(len(document.UndoManager.AllUndoActionTitles), 0)
        document.close(True)
        document = self.office.open(path, ReadOnly=True)
        done, text = self.office.command(document, "run", Trials=100, Seed=1)
        self.assertTrue(done, text)
        self.office.desktop.getCurrentComponent().close(True)
        document.close(True)

    def mean_in(self, document):
        summary = document.Sheets.getByName("Simulation Summary")
        cells = [cell for row in summary.getCellRangeByName("A1:H40").DataArray for cell in row]
        return cells[cells.index("Sheet1!A2") + 1]

    def test_run_in_place(self):
        """In the open document and headless: the same number, to the last bit."""
        document = self.office.open()
        fill(document, ["=RISKNORMAL(10;2;RISKNAME(\"n\"))", "=RISKOUTPUT(\"twice\")+2*A1"])
        for ending in ("ods", "xlsx"):
            path = os.path.join(self.folder, "place." + ending)
            self.office.save(document, path)
            opened = self.office.open(path)
            done, text = self.office.command(opened, "run", Trials=2000, Seed=1)
            self.assertTrue(done, text)
            subprocess.run([ENGINE, "run", path, "-o", path + "-results.xlsx", "--json",
                            path + ".json", "--trials", "2000", "--seed", "1"],
                           capture_output=True, check=True)
            with open(path + ".json", encoding="utf-8") as file:
                headless = json.load(file)["outputs"][0]["mean"]
            self.assertEqual(self.mean_in(opened), headless)
            self.assertAlmostEqual(headless, 20.0, delta=0.5)
            opened.close(True)
        document.close(True)

    def test_host_that_dies(self):
        document = self.office.open()
        sheet = fill(document, ["=RISKNORMAL(31;2)"])
        os.kill(host_of(self.folder), signal.SIGKILL)
        sheet.getCellByPosition(0, 0).Formula = "=RISKNORMAL(32;2)"
        self.assertEqual(sheet.getCellByPosition(0, 0).Value, 32.0)
        self.assertIsNotNone(host_of(self.folder))
        document.close(True)


    def test_looking_ahead(self):
        """Which calls are known before they are made, as (name, arguments) that Calc would give;
        none where an argument must be calculated."""
        rows = [
            ("=RISKNORMAL(10;-2.5)", [("RISKNORMAL", (10.0, -2.5))]),
            ("=2*RISKNORMAL(C1;$Sheet1.$E$1)+1", [("RISKNORMAL", (1.0, 3.0))]),
            ("=RISKUNIFORM(F1;1E6)", [("RISKUNIFORM", (0.0, 1e6))]),
            ("=RISKDISCRETE(C1:F1;C2:F2)", [("RISKDISCRETE", (((1.0, 2.0, 3.0, ""),),
                                                              ((1.0, 1.0, 2.0, ""),)))]),
            ("=RISKPERT(1;2;6;RISKNAME(\"a \"\"b\"\"\"))",
             [("RISKNAME", ("a \"b\"",)), ("RISKPERT", (1.0, 2.0, 6.0, "told"))]),
            ("=RISKNORMAL(7;2;RISKTRUNCATE(6;))",
             [("RISKTRUNCATE", (6.0,)), ("RISKNORMAL", (7.0, 2.0, "told"))]),
            ("=RISKNORMAL(C1+1;2)", []), ("=RISKNORMAL(5%;2)", []), ("=RISKNORMAL(A1;2)", []),
            ("=RISKNORMAL(SQRT(C1);2)", []), ("=C1&\"RISKNORMAL(1;2)\"", []),
        ]
        document = self.office.open()
        sheet = fill(document, ["=1+1"])
        for formula, expected in rows:
            sheet.getCellRangeByName("A2").Formula = formula
            with self.subTest(formula=formula):
                texts, answers = pe_ahead.Texts(self.office.context, 1000), {}
                for _ in range(2):
                    answers.update((call, "told") for call in texts.calls(answers))
                self.assertEqual(list(answers), expected)
        document.close(True)

    def test_many(self):
        """Many different calls at once have the values that they have one by one."""
        document = self.office.open()
        sheet = fill(document, [])
        rows = [("=RISKNORMAL(%d;C1)" % (i + 1), "=RISKTRIANG(%d;%d;%d;RISKNAME(\"t\"))"
                 % (i, i + 1, i + 2), "=RISKUNIFORM(A%d;A%d)" % (i + 11, i + 11))
                for i in range(1000)]
        sheet.getCellRangeByName("A11:C1010").FormulaArray = tuple(rows)
        document.calculateAll()
        self.assertEqual(sheet.getCellRangeByName("A11:C1010").DataArray,
                         tuple((i + 1.0,) * 3 for i in range(1000)))
        document.close(True)


class Without(unittest.TestCase):
    def test_host_that_does_not_start(self):
        """The cell shows an error and the sheet goes on."""
        with tempfile.TemporaryDirectory() as folder:
            os.chmod(folder, 0o755)
            program = os.path.join(folder, "power-engine")
            with open(program, "w", encoding="utf-8") as file:
                file.write("#!/bin/sh\nexit 3\n")
            os.chmod(program, 0o755)
            environment = {"XDG_RUNTIME_DIR": folder,
                           "PATH": folder + os.pathsep + os.environ["PATH"]}
            with Office(EXTENSION, environment) as office:
                document = office.open()
                sheet = fill(document, ["=RISKNORMAL(10;2)", "=1+1", "=RISKNORMAL(11;2)"])
                self.assertEqual([sheet.getCellByPosition(0, row).getError() for row in range(3)],
                                 [32767, 0, 32767])
                document.close(True)

    def test_files_say_what_the_host_offers(self):
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([sys.executable, os.path.join(ADDIN, "make_functions.py"), ENGINE,
                            LIBRARY, "--check"], check=True,
                           env=dict(os.environ, XDG_RUNTIME_DIR=folder))


if __name__ == "__main__":
    LIBRARY = os.path.abspath(sys.argv.pop())
    EXTENSION = os.path.abspath(sys.argv.pop())
    ENGINE = os.path.abspath(sys.argv.pop())
    unittest.main()
