#!/usr/bin/env python3
"""make_samples.py FOLDER - writes the five sample models without values and lets LibreOffice calculate and save them.

The workbooks in samples/ were made so; their stored values are LibreOffice's. Needs soffice; only the standard library.
"""
import os
import subprocess
import sys
import tempfile
import zipfile

STYLES = ["General", "#,##0", "0.0%", "#,##0.00", "yyyy\\-mm\\-dd", "0.00", "\"$\"#,##0"]  # index = style of a cell


def column(n):
    text = ""
    while n >= 0:
        text, n = chr(65 + n % 26) + text, n // 26 - 1
    return text


def escape(text):
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")


class Book:
    def __init__(self):
        self.sheets, self.names = [], []

    def sheet(self, name, hidden=False):
        self.sheets.append((name, hidden, {}))
        return self

    def put(self, row, col, value, style=0):
        self.sheets[-1][2][(row, col)] = (value, style)

    def row(self, row, values, styles=None):
        for c, value in enumerate(values):
            if value is not None:
                self.put(row, c, value, styles[c] if styles else 0)

    def save(self, path):
        ns = "http://schemas.openxmlformats.org/"
        main, rel = ns + "spreadsheetml/2006/main", ns + "officeDocument/2006/relationships"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as z:
            kinds = "".join(f'<Override PartName="/xl/worksheets/sheet{i + 1}.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>'
                            for i in range(len(self.sheets)))
            z.writestr("[Content_Types].xml", f'<Types xmlns="{ns}package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
                       '<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
                       '<Override PartName="/xl/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/>' + kinds + "</Types>")
            z.writestr("_rels/.rels", f'<Relationships xmlns="{ns}package/2006/relationships"><Relationship Id="rId1" Type="{rel}/officeDocument" Target="xl/workbook.xml"/></Relationships>')
            sheets = "".join(f'<sheet name="{escape(n)}" sheetId="{i + 1}" r:id="rId{i + 1}"{" state=" + chr(34) + "hidden" + chr(34) if h else ""}/>' for i, (n, h, _) in enumerate(self.sheets))
            names = "".join(f'<definedName name="{n}">{escape(t)}</definedName>' for n, t in self.names)
            z.writestr("xl/workbook.xml", f'<workbook xmlns="{main}" xmlns:r="{rel}"><sheets>{sheets}</sheets>' + (f"<definedNames>{names}</definedNames>" if names else "") + "</workbook>")
            rels = "".join(f'<Relationship Id="rId{i + 1}" Type="{rel}/worksheet" Target="worksheets/sheet{i + 1}.xml"/>' for i in range(len(self.sheets)))
            z.writestr("xl/_rels/workbook.xml.rels", f'<Relationships xmlns="{ns}package/2006/relationships">{rels}<Relationship Id="rIdS" Type="{rel}/styles" Target="styles.xml"/></Relationships>')
            formats = "".join(f'<numFmt numFmtId="{164 + i}" formatCode="{escape(f)}"/>' for i, f in enumerate(STYLES) if i)
            xfs = "".join(f'<xf numFmtId="{164 + i if i else 0}" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>' for i in range(len(STYLES)))
            z.writestr("xl/styles.xml", f'<styleSheet xmlns="{main}"><numFmts count="{len(STYLES) - 1}">{formats}</numFmts><fonts count="1"><font><sz val="11"/><name val="Calibri"/></font></fonts>'
                       '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border/></borders>'
                       f'<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="{len(STYLES)}">{xfs}</cellXfs></styleSheet>')
            for i, (_, _, cells) in enumerate(self.sheets):
                rows = {}
                for (r, c), v in cells.items():
                    rows.setdefault(r, {})[c] = v
                out = []
                for r in sorted(rows):
                    out.append(f'<row r="{r + 1}">')
                    for c in sorted(rows[r]):
                        value, style = rows[r][c]
                        at = f'<c r="{column(c)}{r + 1}" s="{style}"'
                        if isinstance(value, str) and value.startswith("="):
                            out.append(f"{at}><f>{escape(value[1:])}</f></c>")
                        elif isinstance(value, str):
                            out.append(f'{at} t="inlineStr"><is><t>{escape(value)}</t></is></c>')
                        else:
                            out.append(f"{at}><v>{value!r}</v></c>")
                    out.append("</row>")
                z.writestr(f"xl/worksheets/sheet{i + 1}.xml", f'<worksheet xmlns="{main}"><sheetData>{"".join(out)}</sheetData></worksheet>')


def settings(book, rows):
    book.sheet("Power Engine", hidden=True)
    book.row(0, ["Setting", "Cell", "Value", "Name"])
    for i, row in enumerate(rows):
        book.row(i + 1, row)


def capital_project():
    b = Book()
    b.sheet("Inputs")
    b.row(0, ["Capital project: a new production line"])
    rows = [("Investment", 12000000, 6), ("Units, year 1", 50000, 1), ("Unit growth", 0.03, 2), ("Price", 120, 3), ("Variable cost per unit", 70, 3),
            ("Fixed cost per year", 600000, 6), ("Tax rate", 0.25, 2), ("Discount rate", 0.09, 2), ("Salvage value", 1500000, 6)]
    for i, (label, value, style) in enumerate(rows):
        b.row(2 + i, [label, value], [0, style])
    b.sheet("Model")
    b.row(0, ["Year"] + list(range(0, 11)))
    lines = ["Units", "Revenue", "Variable cost", "Fixed cost", "Depreciation", "Profit before tax", "Tax", "Cash flow"]
    for i, line in enumerate(lines):
        b.put(1 + i, 0, line)
    b.put(8, 1, "=-Inputs!$B$3", 6)
    for year in range(1, 11):
        c, p = column(year + 1), column(year)
        b.put(1, year + 1, "=Inputs!$B$4" if year == 1 else f"={p}2*(1+Inputs!$B$5)", 1)
        b.put(2, year + 1, f"={c}2*Inputs!$B$6", 6)
        b.put(3, year + 1, f"=-{c}2*Inputs!$B$7", 6)
        b.put(4, year + 1, "=-Inputs!$B$8", 6)
        b.put(5, year + 1, "=-Inputs!$B$3/10", 6)
        b.put(6, year + 1, f"=SUM({c}3:{c}6)", 6)
        b.put(7, year + 1, f"=-MAX(0,{c}7*Inputs!$B$9)", 6)
        b.put(8, year + 1, f"={c}7+{c}8-{c}6" + ("+Inputs!$B$11" if year == 10 else ""), 6)
    b.row(10, ["NPV", "=NPV(Inputs!$B$10,C9:L9)+B9"], [0, 6])
    b.row(11, ["IRR", "=IRR(B9:L9)"], [0, 2])
    b.row(12, ["Total units sold", "=SUM(C2:L2)"], [0, 1])
    b.row(13, ["Decision", '=IF(B11>0,"invest","decline")'])
    settings(b, [["Trials", None, 10000], ["Seed", None, 1], ["Input", "=Inputs!B3", "RiskPert(11000000,12000000,15000000)", "Investment"],
                 ["Input", "=Inputs!B4", "RiskTriang(40000,50000,58000)", "Units, year 1"], ["Input", "=Inputs!B5", "RiskNormal(0.03,0.01)", "Unit growth"],
                 ["Input", "=Inputs!B6", "RiskNormal(120,6)", "Price"], ["Input", "=Inputs!B7", "RiskUniform(64,76)", "Variable cost per unit"],
                 ["Output", "=Model!B11", None, "NPV"], ["Output", "=Model!B12", None, "IRR"], ["Output", "=Model!B13", None, "Total units sold"],
                 ["Output", "=Model!B14", None, "Decision"], ["Target", "=Model!B11", "<0"]])
    return b


def sales_forecast():
    b = Book()
    b.sheet("Forecast")
    b.row(0, ["Sales forecast: three products, twelve months"])
    b.row(1, ["Product", "Mean units", "Sd units", "Price low", "Price high"])
    products = [("Basic", 900, 120, 19, 23), ("Plus", 450, 80, 38, 44), ("Pro", 120, 30, 95, 115)]
    for i, p in enumerate(products):
        b.row(2 + i, list(p))
    b.row(6, ["Month"] + [f"2027-{m:02d}" for m in range(1, 13)] + ["Year"])
    for i, p in enumerate(products):
        b.put(7 + 3 * i, 0, p[0] + " units")
        b.put(8 + 3 * i, 0, p[0] + " price")
        b.put(9 + 3 * i, 0, p[0] + " revenue")
        for m in range(12):
            c = column(m + 1)
            b.put(7 + 3 * i, m + 1, f"=NORM.INV(RAND(),$B${3 + i},$C${3 + i})".replace("NORM.INV", "_xlfn.NORM.INV"), 1)
            b.put(8 + 3 * i, m + 1, f"=$D${3 + i}+($E${3 + i}-$D${3 + i})*RAND()", 3)
            b.put(9 + 3 * i, m + 1, f"={c}{8 + 3 * i}*{c}{9 + 3 * i}", 6)
        b.put(9 + 3 * i, 13, f"=SUM(B{10 + 3 * i}:M{10 + 3 * i})", 6)
    b.row(17, ["Revenue"] + [f"={column(m + 1)}10+{column(m + 1)}13+{column(m + 1)}16" for m in range(12)] + ["=SUM(B18:M18)"], [0] + [6] * 13)
    b.names.append(("AnnualRevenue", "Forecast!$N$18"))
    return b


def insurance_reserve():
    b = Book()
    b.sheet("Claims")
    b.row(0, ["Policy", "Claim probability", "Claim size"])
    for i in range(200):
        probability = (0.02, 0.05, 0.08, 0.01)[i % 4]
        b.put(i + 1, 0, f"P{i + 1:03d}")
        b.put(i + 1, 1, probability, 2)
        b.put(i + 1, 2, f"=IF(RAND()<B{i + 2},_xlfn.LOGNORM.INV(RAND(),9.2,0.8),0)", 6)
    b.sheet("Reserve")
    b.row(0, ["Insurance reserve: one year of 200 policies"])
    b.row(2, ["Total claims", "=SUM(Claims!C2:C201)"], [0, 6])
    b.row(3, ["Number of claims", '=COUNTIF(Claims!C2:C201,">0")'], [0, 1])
    b.row(4, ["Largest claim", "=MAX(Claims!C2:C201)"], [0, 6])
    b.row(5, ["Retention", 150000], [0, 6])
    b.row(6, ["Paid by the reinsurer", "=MAX(0,B3-B6)"], [0, 6])
    b.row(7, ["Average claim", "=B3/B4"], [0, 6])
    settings(b, [["Output", "=Reserve!B3", None, "Total claims"], ["Output", "=Reserve!B4", None, "Number of claims"],
                 ["Output", "=Reserve!B7", None, "Paid by the reinsurer"], ["Output", "=Reserve!B8", None, "Average claim"]])
    return b


TASKS = [("Permits", 20, 30, 60, []), ("Design", 30, 40, 55, []), ("Foundations", 15, 20, 30, [0, 1]), ("Structure", 40, 50, 75, [2]),
         ("Services", 25, 30, 50, [3]), ("Facade", 30, 35, 60, [3]), ("Interior", 30, 40, 60, [4, 5]), ("Handover", 5, 8, 15, [6])]


def project_schedule():
    b = Book()
    b.sheet("Schedule")
    b.row(0, ["Project schedule and cost: a building"])
    b.row(1, ["Start", 46388], [0, 4])
    b.row(2, ["Task", "Min days", "Likely days", "Max days", "Days", "Start day", "End day", "Cost per day", "Cost"])
    for i, (name, low, likely, high, after) in enumerate(TASKS):
        r = i + 4
        starts = ",".join(f"G{a + 4}" for a in after)
        b.put(i + 3, 0, name)
        for c, v in enumerate((low, likely, high)):
            b.put(i + 3, c + 1, v)
        b.put(i + 3, 9, "=RAND()", 5)
        b.put(i + 3, 4, f"=IF(J{r}<(C{r}-B{r})/(D{r}-B{r}),B{r}+SQRT(J{r}*(D{r}-B{r})*(C{r}-B{r})),D{r}-SQRT((1-J{r})*(D{r}-B{r})*(D{r}-C{r})))", 5)
        b.put(i + 3, 5, f"=MAX({starts})" if after else 0, 5)
        b.put(i + 3, 6, f"=F{r}+E{r}", 5)
        b.put(i + 3, 7, 4000 + 500 * i, 6)
        b.put(i + 3, 8, f"=E{r}*H{r}", 6)
    b.put(2, 9, "Random number")
    b.row(12, ["Finish date", "=B2+ROUND(G11,0)"], [0, 4])
    b.row(13, ["Duration in days", "=G11"], [0, 5])
    b.row(14, ["Total cost", "=SUM(I4:I11)"], [0, 6])
    b.row(15, ["Critical path runs through", '=IF(G8>G9,"Services","Facade")'])
    settings(b, [["Output", f"=Schedule!B{r}", None, n] for r, n in ((13, "Finish date"), (14, "Duration in days"), (15, "Total cost"), (16, "Critical path"))])
    return b


def inventory():
    b = Book()
    b.sheet("Tables")
    b.row(0, ["Cumulative probability", "Daily demand", "Class"])
    for i, row in enumerate([(0, 20, "low"), (0.15, 40, "low"), (0.4, 60, "normal"), (0.75, 80, "normal"), (0.92, 120, "high")]):
        b.row(i + 1, list(row), [2, 1, 0])
    b.row(8, ["Class", "Margin per unit", "Penalty per unit short"])
    for i, row in enumerate([("low", 4, 1), ("normal", 5, 2), ("high", 6, 4)]):
        b.row(9 + i, list(row))
    b.sheet("Days")
    b.row(0, ["Reorder point", 70, "Order size", 400])
    b.row(1, ["Day", "Random number", "Demand", "Class", "Opening stock", "Received", "Sold", "Short", "Closing stock", "Order", "Profit"])
    for day in range(60):
        r = day + 3
        b.put(r - 1, 0, day + 1)
        b.put(r - 1, 1, "=RAND()", 5)
        b.put(r - 1, 2, f"=VLOOKUP(B{r},Tables!$A$2:$C$6,2,TRUE)")
        b.put(r - 1, 3, f"=VLOOKUP(B{r},Tables!$A$2:$C$6,3,TRUE)")
        b.put(r - 1, 4, 300 if day == 0 else f"=I{r - 1}+F{r}")
        b.put(r - 1, 5, 0 if day == 0 else f'=IF(J{r - 1}="yes",$D$1,0)')
        b.put(r - 1, 6, f"=MIN(C{r},E{r})")
        b.put(r - 1, 7, f"=C{r}-G{r}")
        b.put(r - 1, 8, f"=E{r}-G{r}")
        b.put(r - 1, 9, f'=IF(I{r}<$B$1,"yes","no")')
        b.put(r - 1, 10, f"=G{r}*INDEX(Tables!$B$10:$B$12,MATCH(D{r},Tables!$A$10:$A$12,0))-H{r}*VLOOKUP(D{r},Tables!$A$10:$C$12,3,FALSE)", 6)
    b.sheet("Result")
    b.row(0, ["Inventory with lookups: sixty days"])
    b.row(1, ["Profit", "=SUM(Days!K3:K62)"], [0, 6])
    b.row(2, ["Units short", "=SUM(Days!H3:H62)"], [0, 1])
    b.row(3, ["Orders placed", '=COUNTIF(Days!J3:J62,"yes")'], [0, 1])
    b.row(4, ["High-demand sales", '=SUMIF(Days!D3:D62,"high",Days!G3:G62)'], [0, 1])
    b.row(5, ["Verdict", '=IF(B3>120,"stock too low",IF(B3>60,"tight","comfortable"))'])
    return b


def main():
    folder = sys.argv[1]
    with tempfile.TemporaryDirectory() as bare:
        for make in (capital_project, sales_forecast, insurance_reserve, project_schedule, inventory):
            make().save(os.path.join(bare, make.__name__ + ".xlsx"))
        files = sorted(os.path.join(bare, f) for f in os.listdir(bare))
        subprocess.run(["soffice", f"-env:UserInstallation=file://{bare}/profile", "--headless", "--convert-to", "xlsx:Calc MS Excel 2007 XML",
                        "--outdir", folder] + files, check=True, stdout=subprocess.DEVNULL)


main()
