"""The same numbers over the pipe as from the command line, to the last bit: each workbook run by
`power-engine run --json`, opened by the host, and sent to it cell by cell.

    compare.py PROGRAM WORKBOOK.xlsx ...
"""
import html
import json
import re
import subprocess
import sys
import zipfile

import host
import pipe_client

TRIALS, SEED, NOW = 2000, 7, "2026-03-01 12:30:00"
NOW_SERIAL = 46082.520833333336
FIGURES = ("mean", "sd", "standard_error", "min", "max")
PERCENTILES = {"p5": "5", "p50": "50", "p95": "95"}


def from_command_line(program, path):
    result = subprocess.run([program, "run", path, "--trials", str(TRIALS), "--seed", str(SEED),
                             "--now", NOW, "--json", "-", "-q"], stdout=subprocess.PIPE)
    if result.returncode != 0:
        return None
    figures = {}
    for output in json.loads(result.stdout)["outputs"]:
        row = {name: output[name] for name in FIGURES}
        row.update((name, output["percentiles"][key]) for name, key in PERCENTILES.items())
        row["errors"] = output["errors"]
        figures[output["cell"]] = row
    return figures


def from_host(client, book):
    run = client.call("simulate", book=book,
                      settings={"trials": TRIALS, "seed": SEED, "now": NOW_SERIAL})
    return {output["cell"]: output["statistics"] for output in run["outputs"]}


# ---- a saved workbook's cells, for those that need no more than values and plain formulas

def column_number(letters):
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1


def cell_value(kind, text, strings):
    errors = ("#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A")
    if text is None:
        return pipe_client.OMITTED
    if kind == "s":
        return strings[int(text)]
    if kind in ("str", "inlineStr"):
        return html.unescape(text)
    if kind == "b":
        return text == "1"
    if kind == "e":
        return pipe_client.Error(errors.index(text) + 1)
    return float(text)


def sheet_cells(xml, strings):
    cells = {}
    for match in re.finditer(r'<c r="([A-Z]+)(\d+)"([^>]*?)(?:/>|>(.*?)</c>)', xml, re.S):
        body = match.group(4) or ""
        kind = re.search(r't="(\w+)"', match.group(3))
        formula = re.search(r"<f([^>]*?)(?:/>|>(.*?)</f>)", body, re.S)
        value = re.search(r"<v[^>]*>(.*?)</v>", body, re.S)
        if formula and re.search(r"t=\"(shared|array|dataTable)\"", formula.group(1)):
            return None
        content = cell_value(kind.group(1) if kind else "n", value.group(1) if value else None,
                             strings)
        at = int(match.group(2)) - 1, column_number(match.group(1))
        if formula:
            cells[at] = "=" + html.unescape(formula.group(2)), content
        elif value:
            cells[at] = content
    return cells


def send_cells(client, path):
    """The book, or None where the file has more than this reader knows."""
    with zipfile.ZipFile(path) as package:
        parts = {name: package.read(name).decode("utf-8") for name in package.namelist()
                 if name.endswith(".xml") or name.endswith(".rels")}
    workbook = parts["xl/workbook.xml"]
    strings = [html.unescape("".join(re.findall(r"<t[^>]*>(.*?)</t>", item, re.S)))
               for item in re.findall(r"<si>(.*?)</si>", parts.get("xl/sharedStrings.xml", ""),
                                      re.S)]
    names = [html.unescape(n) for n in re.findall(r'<sheet [^>]*name="([^"]*)"', workbook)]
    targets = dict(re.findall(r'Id="([^"]+)"[^>]*Target="([^"]+)"',
                              re.sub(r'(Target="[^"]+")([^>]*)(Id="[^"]+")', r"\3 \1\2",
                                     parts["xl/_rels/workbook.xml.rels"])))
    sheets = {}
    for name, part in zip(names, re.findall(r'<sheet [^>]*r:id="([^"]*)"', workbook)):
        cells = sheet_cells(parts["xl/" + targets[part].replace("/xl/", "")], strings)
        if cells is None:
            return None
        sheets[name] = cells
    defined = [{"name": name, "formula": "=" + html.unescape(text)} for attributes, name, text in
               re.findall(r'<definedName([^>]*?)name="([^"]*)"[^>]*>(.*?)</definedName>', workbook)
               if "localSheetId" not in attributes]
    if "<tablePart " in "".join(parts.values()):
        return None
    return client.book(sheets, application="Microsoft Excel", names=defined)


def differences(expected, got):
    if set(expected) != set(got):
        return ["outputs %s, expected %s" % (sorted(got), sorted(expected))]
    return ["%s %s: %r, expected %r" % (cell, name, got[cell][name], value)
            for cell, row in expected.items() for name, value in row.items()
            if got[cell][name] != value]


def main(program, paths):
    wrong, compared = 0, 0
    with host.Host(program) as server, server.client() as client:
        for path in paths:
            expected = from_command_line(program, path)
            if expected is None:
                print("%s: cannot be run" % path)
                continue
            for how in ("opened", "sent"):
                book = (client.call("workbook.open", path=path)["book"] if how == "opened"
                        else send_cells(client, path))
                if book is None:
                    print("%s: not sent, it has arrays, tables or shared formulas" % path)
                    continue
                found = differences(expected, from_host(client, book))
                client.call("workbook.close", book=book)
                compared += 1
                wrong += bool(found)
                print("%s %s: %s" % (path, how, "; ".join(found) if found else
                                     "%d outputs, equal" % len(expected)))
    print("%d of %d comparisons equal" % (compared - wrong, compared))
    return 1 if wrong or compared == 0 else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
