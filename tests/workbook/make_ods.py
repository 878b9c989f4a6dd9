#!/usr/bin/env python3
"""Makes the OpenDocument files of tests/workbook/data with LibreOffice, and beside each what
LibreOffice itself reads back from it, one line per cell: sheet, cell, kind, value, formula, and the
number format that its own export to .xlsx gives the cell. Run with a python that has uno:

    tests/workbook/make_ods.py folder-for-a-profile output-folder
"""
import os
import re
import subprocess
import sys
import time
import uuid
import zipfile
from xml.etree import ElementTree

import uno
from com.sun.star.beans import PropertyValue
from com.sun.star.sheet.FilterOperator import EQUAL
from com.sun.star.table import CellAddress, CellRangeAddress
from com.sun.star.table.CellContentType import FORMULA, TEXT


def prop(name, value):
    p = PropertyValue()
    p.Name, p.Value = name, value
    return p


class Office:
    """A LibreOffice of our own: its own profile and pipe."""

    def __init__(self, profile):
        pipe = "pe" + uuid.uuid4().hex
        self.process = subprocess.Popen(
            ["soffice", "-env:UserInstallation=file://" + os.path.abspath(profile), "--headless",
             "--norestore", "--nologo", f"--accept=pipe,name={pipe};urp;"])
        local = uno.getComponentContext()
        resolver = local.ServiceManager.createInstanceWithContext(
            "com.sun.star.bridge.UnoUrlResolver", local)
        for _ in range(240):
            try:
                context = resolver.resolve(f"uno:pipe,name={pipe};urp;StarOffice.ComponentContext")
                break
            except Exception:  # not up yet
                time.sleep(0.25)
        else:
            raise SystemExit("LibreOffice does not answer")
        self.desktop = context.ServiceManager.createInstanceWithContext(
            "com.sun.star.frame.Desktop", context)

    def new(self):
        return self.desktop.loadComponentFromURL("private:factory/scalc", "_blank", 0,
                                                 (prop("Hidden", True),))

    def open(self, path):
        return self.desktop.loadComponentFromURL("file://" + os.path.abspath(path), "_blank", 0,
                                                 (prop("Hidden", True),))

    def close(self):
        try:
            self.desktop.terminate()
        except Exception:  # the bridge goes with it
            pass
        self.process.wait(60)


FILTERS = {"ods": "calc8", "fods": "OpenDocument Spreadsheet Flat XML", "ots": "calc8_template",
           "xlsx": "Calc MS Excel 2007 XML"}


def save(document, path, *properties):
    name = prop("FilterName", FILTERS[path.rsplit(".", 1)[1]])
    document.storeToURL("file://" + os.path.abspath(path), (name,) + properties)


def put(sheet, cells):
    for address, content in cells.items():
        cell = sheet.getCellRangeByName(address)
        if isinstance(content, str) and content.startswith("="):
            cell.setFormula(content)
        elif isinstance(content, str):
            cell.setString(content)
        else:
            cell.setValue(float(content))


def key(document, code):
    formats, locale = document.getNumberFormats(), uno.createUnoStruct("com.sun.star.lang.Locale")
    locale.Language, locale.Country = "en", "US"
    found = formats.queryKey(code, locale, False)
    return found if found >= 0 else formats.addNew(code, locale)


def escape(text):
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n")


def column_name(column):
    name = ""
    column += 1
    while column > 0:
        column, digit = divmod(column - 1, 26)
        name = chr(65 + digit) + name
    return name


MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def excel_formats(path):
    """(sheet's index, cell) to the format code of an .xlsx."""
    found = {}
    with zipfile.ZipFile(path) as package:
        styles = ElementTree.fromstring(package.read("xl/styles.xml"))
        codes = {f.get("numFmtId"): f.get("formatCode") for f in styles.iter(MAIN + "numFmt")}
        cell_styles = [codes.get(x.get("numFmtId"), "") for x in styles.find(MAIN + "cellXfs")]
        count = sum(re.match(r"xl/worksheets/sheet\d+\.xml$", n) is not None
                    for n in package.namelist())
        for sheet in range(count):
            root = ElementTree.fromstring(package.read(f"xl/worksheets/sheet{sheet + 1}.xml"))
            for cell in root.iter(MAIN + "c"):
                found[sheet, cell.get("r")] = cell_styles[int(cell.get("s", "0"))]
    return found


def dump(document, path):
    """What LibreOffice reads, one cell a line."""
    save(document, path + ".xlsx")
    codes = excel_formats(path + ".xlsx")
    os.remove(path + ".xlsx")
    with open(path, "w", encoding="utf-8", newline="\n") as out:
        for sheet in document.getSheets():
            cells = sheet.queryContentCells(1 | 2 | 4 | 16).getCells().createEnumeration()
            while cells.hasMoreElements():
                cell = cells.nextElement()
                kind, at = cell.getType(), cell.getCellAddress()
                if cell.getError() != 0:
                    shown = "error\t" + cell.getString()
                elif kind == TEXT or (kind == FORMULA and cell.FormulaResultType2 == 2):
                    shown = "text\t" + escape(cell.getString())
                else:
                    shown = "number\t" + repr(cell.getValue())
                formula = escape(cell.getFormula()) if kind == FORMULA else ""
                address = f"{column_name(at.Column)}{at.Row + 1}"
                code = escape(codes.get((at.Sheet, address), ""))
                out.write(f"{sheet.getName()}\t{address}\t{shown}\t{formula}\t{code}\n")


# ---- the files


def make_kinds(document):
    """Every kind of value, and every way of text."""
    sheets = document.getSheets()
    first = sheets.getByIndex(0)
    first.setName("Kinds")
    put(first, {
        "A1": 1.5, "A2": -0.1, "A3": 1e300, "A4": 123456789012345678, "A5": 0.1 + 0.2,
        "B1": "plain", "B2": "two  spaces   three", "B3": " leading and trailing ",
        "B4": "nothing special", "B5": "line one\nline two\n\nline four", "B6": "<&>\"'",
        "B7": "Zoë €",
        "B8": "'quoted", "B9": "007",
        "C1": "=1/0", "C2": "=NA()", "C3": "=NOSUCH(1)", "C4": "=SQRT(-1)", "C5": "=\"a\"+1",
        "C6": "=#REF!A1", "C7": "=C7+1", "C8": "=VLOOKUP(1;B1:B2;5)", "C9": "=1+", "C10": "=LN(0)",
        "C11": "=INDIRECT(\"nowhere!\")", "C12": "=10^400", "C13": "=A1 B1", "C14": "=1;2",
        "D1": "=A1*2", "D2": "=\"text\"&B1", "D3": "=\"\"", "D4": "=A1>1", "D5": "=TRUE()",
        "D6": "=DATE(2024;2;29)", "D7": "=TIME(12;30;15)", "D8": "=\"a\"&CHAR(10)&\"b\"",
        "D9": "=\" x \"", "D10": "=B4", "D11": "=B2", "D12": "=1/3", "D13": "=E1",
        "D14": "=\"007\"",
    })
    for address, value, code in (
            ("E1", 45351, "YYYY-MM-DD"), ("E2", 45351.75, "YYYY-MM-DD HH:MM:SS"),
            ("E3", 0.520833333333333, "HH:MM:SS"), ("E4", 1.25, "[HH]:MM:SS"),
            ("E5", 0.125, "0.00%"), ("E6", 1234.5, "[$$-409]#,##0.00"), ("E7", 1, "BOOLEAN"),
            ("E8", 0, "BOOLEAN"), ("E9", 45351.123456789, "YYYY-MM-DD"),
            ("E10", -1.5, "[HH]:MM:SS"), ("E11", -400000, "YYYY-MM-DD"),
            ("E12", 1 / 3, "HH:MM:SS"), ("E13", 59, "YYYY-MM-DD"), ("E14", 60, "YYYY-MM-DD"),
            ("E15", 61, "YYYY-MM-DD"), ("E16", 45351 + 1 / 7, "YYYY-MM-DD HH:MM:SS"),
            ("E17", 1000.1, "[HH]:MM:SS"), ("E18", 2958465, "YYYY-MM-DD")):
        first.getCellRangeByName(address).setValue(float(value))
        first.getCellRangeByName(address).NumberFormat = key(document, code)
    put(first, {"D15": "=E2*1", "D16": "=E9"})
    rich = first.getCellRangeByName("F1")
    rich.setString("bold and plain")
    cursor = rich.createTextCursor()
    cursor.gotoStart(False)
    cursor.goRight(4, True)
    cursor.CharWeight = 150.0
    link = document.createInstance("com.sun.star.text.TextField.URL")
    link.URL, link.Representation = "http://example.org/", "a link"
    target = first.getCellRangeByName("F2")
    target.setString("before ")
    target.insertTextContent(target.createTextCursorByRange(target.getEnd()), link, False)
    first.getAnnotations().insertNew(CellAddress(0, 0, 0), "a note that is not the value")
    first.getCellRangeByName("G1:H2").setArrayFormula("=A1:A2*{1;2}")
    first.getCellRangeByName("J1:J3").merge(True)
    put(first, {"J1": "merged"})
    sheets.insertNewByName("Hidden", 1)
    put(sheets.getByIndex(1), {"A1": "=$Kinds.A1+1", "XFD1": 7, "A1048576": 8})
    sheets.getByIndex(1).IsVisible = False
    sheets.insertNewByName("It's a sheet", 2)
    put(sheets.getByIndex(2), {"A1": "=$Kinds.A1+$Hidden.A1"})


def make_layout(document):
    """Repeats, rows that are hidden or filtered, formats of rows and columns, names."""
    sheets = document.getSheets()
    first = sheets.getByIndex(0)
    first.setName("Layout")
    for row in range(20):
        put(first, {f"A{row + 1}": row % 3, f"B{row + 1}": 5, f"C{row + 1}": 5,
            f"D{row + 1}": "same"})
    put(first, {"A30": "=B1", "B30": "=B1", "C30": "=$B$1", "D30": "=$B$1", "E30": "=$B$1"})
    put(first, {"A31": "=$B$1", "B31": "=$B$1", "A32": "=$B$1", "B32": "=$B$1"})
    first.getColumns().getByName("B").NumberFormat = key(document, "0.000")
    first.getRows().getByIndex(4).NumberFormat = key(document, "0.0%")
    first.getCellRangeByName("C1").NumberFormat = key(document, "#,##0.00;[RED]-#,##0.00")
    first.getRows().getByIndex(9).IsVisible = False
    first.getRows().getByIndex(10).IsVisible = False
    names = document.NamedRanges
    names.addNewByName("Rate", "$Layout.$B$1", CellAddress(0, 0, 0), 0)
    names.addNewByName("Block", "$Layout.$A$1:$B$3", CellAddress(0, 0, 0), 0)
    names.addNewByName("LeftOfMe", "$Layout.A5", CellAddress(0, 1, 4), 0)
    names.addNewByName("Twice", "2*Rate", CellAddress(0, 0, 0), 0)
    first.NamedRanges.addNewByName("Own", "$Layout.$C$1+1", CellAddress(0, 0, 0), 0)
    put(first, {"F1": "=Rate", "F2": "=SUM(Block)", "G7": "=LeftOfMe", "F7": "=7", "F3": "=Twice",
        "F4": "=Own"})
    sheets.insertNewByName("Filtered", 1)
    second = sheets.getByIndex(1)
    put(second, {"A1": "kind", "B1": "value"})
    for row in range(8):
        put(second, {f"A{row + 2}": "x" if row % 2 else "y", f"B{row + 2}": row})
    ranges = document.DatabaseRanges
    ranges.addNewByName("List", CellRangeAddress(1, 0, 0, 1, 8))
    database = ranges.getByName("List")
    database.AutoFilter = True
    descriptor = database.getFilterDescriptor()
    field = uno.createUnoStruct("com.sun.star.sheet.TableFilterField")
    field.Field, field.Operator, field.StringValue, field.IsNumeric = 0, EQUAL, "x", False
    descriptor.setFilterFields((field,))
    second.getCellRangeByName("A1:B9").filter(descriptor)
    put(second, {"D1": "=SUBTOTAL(9;B2:B9)", "D2": "=SUBTOTAL(109;B2:B9)"})


FORMATS = [
    "General", "0", "0.00", "#,##0", "#,##0.00", "#,##0.###", "0.0%", "0.00E+00", "##0.0E+0",
    "# ?/?", "# ??/??", "# ?/8", "[$$-409]#,##0.00;[RED]-[$$-409]#,##0.00", "[$€-407]#,##0.00",
    "#,##0.00 [$€-407]", '0.00 "kg"', '"a "0" b"', "#,##0,", "0.0,,", "YYYY-MM-DD", "DD/MM/YYYY",
    "D. MMMM YYYY", "DDD, MMM D, YY", "DDDD", "HH:MM", "HH:MM:SS", "HH:MM:SS.000", "[HH]:MM:SS",
    "[MM]:SS", "H:MM AM/PM", "YYYY-MM-DD HH:MM:SS", "BOOLEAN", "@", '"x"@"y"',
    '[>=1000]0.0,"k";[<0]"neg"0;0', '0;-0;"zero"', '[BLUE]0;[RED]-0;"-"', '0.00;(0.00);"-";@',
    "000-00-0000", "0.0?", "_-* #,##0.00_-", "MMM-YY", "Q", 'YYYY"T"', "#,##0.00_);(#,##0.00)",
    '"Q"0', "-0", "0%;-0%",
]


def make_formats(document):
    """Number formats of every kind, one a row."""
    sheet = document.getSheets().getByIndex(0)
    sheet.setName("Formats")
    for row, code in enumerate(FORMATS):
        cell = sheet.getCellByPosition(0, row)
        cell.setValue(45351.52)
        cell.NumberFormat = key(document, code)


def make_settings(document):
    """Calculation settings that are not the defaults."""
    sheet = document.getSheets().getByIndex(0)
    sheet.setName("Settings")
    null = uno.createUnoStruct("com.sun.star.util.Date")
    null.Year, null.Month, null.Day = 1904, 1, 1
    document.NullDate = null
    document.IgnoreCase = False
    document.MatchWholeCell = False
    document.RegularExpressions = True
    document.IsIterationEnabled = True
    document.IterationCount, document.IterationEpsilon = 17, 0.0625
    document.CalcAsShown = True
    document.enableAutomaticCalculation(False)
    put(sheet, {"A1": "=A2/4", "A2": 2})
    sheet.getCellRangeByName("A2").NumberFormat = key(document, "YYYY-MM-DD")


def make_tables(document):
    """Data tables: one input by row and by column, two inputs, several formulas, cells that stand
    elsewhere or on another sheet, and one inside of a longer formula."""
    sheets = document.getSheets()
    sheet = sheets.getByIndex(0)
    sheet.setName("Model")
    put(sheet, {"J1": 1, "B1": 10, "B2": 3, "B3": "=B1*B2+1", "B4": "=B1-B2"})
    column = {"A11": 1, "A12": 2, "A13": 3, "B10": "=B3", "C10": "=B4"}
    put(sheet, column)
    for row in (11, 12, 13):
        put(sheet, {f"B{row}": f"=TABLE(B$10;$B$1;$A{row})",
            f"C{row}": f"=TABLE(C$10;$B$1;$A{row})"})
    put(sheet, {"F10": 5, "G10": 6, "H10": 7, "E11": "=B3"})
    for letter in "FGH":
        put(sheet, {f"{letter}11": f"=TABLE($E11;$B$2;{letter}$10)"})
    put(sheet, {"A20": "=B3", "B20": 1, "C20": 2, "A21": 100, "A22": 200, "A23": 300})
    for row in (21, 22, 23):
        for letter in "BC":
            put(sheet, {f"{letter}{row}": f"=TABLE($A$20;$B$1;$A{row};$B$2;{letter}$20)"})
    put(sheet, {"E30": 4, "E31": 5, "F30": "=TABLE(B$3;$B$1;$E30)", "F31": "=TABLE(B$3;$B$1;$E31)",
                "H40": "=TABLE(B3;B2;E30)", "H41": "=TABLE(B3;B1;E30;B2;E31)*2+A11"})
    sheets.insertNewByName("Table", 1)
    second = sheets.getByIndex(1)
    put(second, {"A2": 7, "A3": 8, "B1": "=$Model.B3"})
    for row in (2, 3):
        put(second, {f"B{row}": f"=TABLE(B$1;$Model.$B$1;$A{row})"})


MAKERS = {"kinds": make_kinds, "layout": make_layout, "formats": make_formats,
    "settings": make_settings, "tables": make_tables}


def main():
    profile, folder = sys.argv[1:3]
    office = Office(profile)
    try:
        for name, maker in MAKERS.items():
            document = office.new()
            maker(document)
            document.calculateAll()
            for extension in ("ods", "fods"):
                save(document, f"{folder}/{name}.{extension}")
            if name == "layout":
                save(document, f"{folder}/encrypted.ods", prop("Password", "secret"))
                save(document, f"{folder}/template.ots")
            document.close(True)
            document = office.open(f"{folder}/{name}.fods")
            dump(document, f"{folder}/{name}.tsv")
            document.close(True)
    finally:
        office.close()


if __name__ == "__main__":
    main()
