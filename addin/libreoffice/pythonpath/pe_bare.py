"""Risk functions that a file names without the add-in's prefix: RiskNormal(10,2). Calc knows them
as _xll.RiskNormal alone; it shows the file's value and, as soon as it calculates, #NAME?.

After loading such names become calls of ours; the host reads either. Invariant: only formulas with
such a name change, and only where the host can be asked for their values.
"""
import re

import pe_described
import pe_document
import pe_functions
import pe_settings
import pe_snapshot

PREFIX = "_XLL."
NAME = re.compile(r"(?<![\w.$#!'])((?:risk|psi|vose)[a-z0-9]+)(?=\()")  # what Calc does not know
TEXTS = re.compile(r'("(?:[^"]|"")*"|\'(?:[^\']|\'\')*\')')             # comes in small letters
LINE = "Risk functions in %d cells were named as in Excel; Power Engine now gives their values."


def loaded(context, document):
    """After loading."""
    if document.isReadonly():
        return
    found = [(sheet, place) for sheet in pe_snapshot.model_sheets(document)
             if sheet.getName() != pe_settings.SHEET for place in bare(sheet)]
    if not found or not isinstance(pe_functions.value(context, "RISKNAME", ("",)), str):
        return
    modified = document.isModified()
    with pe_document.locked(document):
        for sheet, (row, column, formula) in found:
            sheet.getCellByPosition(column, row).setFormula(formula)
    document.getUndoManager().clear()  # the user has done nothing yet
    document.setModified(modified)
    controller = document.getCurrentController()
    if controller is not None:
        pe_document.status_line(controller.getFrame(), LINE % len(found))


def bare(sheet):
    """(row, column, formula with prefixes) of each cell that has a name without one. What is part
    of a matrix stays: it cannot be changed alone; and so does what Calc cannot read."""
    for row, column, text in pe_snapshot.formulas_of(sheet):
        if text[0] != "=" or NAME.search(text) is None:
            continue
        formula = prefixed(text)
        cell = sheet.getCellByPosition(column, row)
        if formula != text and "[" not in pe_snapshot.outside_texts(text) and \
                cell.getType().value == "FORMULA" and not sheet.isProtected():
            yield row, column, formula


def prefixed(formula):
    """The formula with the prefix before each name of ours; what stands in quotes stays."""
    def call(match):
        name = match.group(1).upper()
        return PREFIX + name if name in pe_described.functions() else match.group(1)
    parts = TEXTS.split(formula)
    return "".join(part if part[:1] in ("'", '"') else NAME.sub(call, part) for part in parts)
