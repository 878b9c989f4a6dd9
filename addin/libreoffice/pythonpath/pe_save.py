"""Warns where a document that was saved for Excel loses something that a simulation needs."""
import pe_document
import pe_snapshot
from com.sun.star.sheet.CellFlags import FORMULA

DATA_TABLE = "TABLE("  # what the office's API calls MULTIPLE.OPERATIONS
TEXT = ("%s is part of a data table (MULTIPLE.OPERATIONS). The file was saved for Excel, which "
        "does not know that function and will show an error there after it recalculates. Keep an "
        ".ods of this document; Power Engine runs both.")


def warning(document):
    """The text for the user, "" where nothing is lost."""
    if not pe_snapshot.is_excel(document):
        return ""
    for sheet in pe_snapshot.model_sheets(document):
        found = sheet.queryContentCells(FORMULA).getRangeAddresses()
        for row, column, rows, columns in pe_snapshot.rectangles(
                [(a.StartRow, a.StartColumn, a.EndRow, a.EndColumn) for a in found]):
            area = sheet.getCellRangeByPosition(column, row, column + columns - 1, row + rows - 1)
            for r, formulas in enumerate(area.getFormulaArray()):
                for c, formula in enumerate(formulas):
                    if DATA_TABLE in formula and formula.startswith(("=", "{=")) and \
                            DATA_TABLE in pe_snapshot.outside_texts(formula):
                        return TEXT % pe_document.address_text(sheet.getName(), row + r,
                                                               column + c)
    return ""


def saved(context, document):
    """After saving."""
    text = warning(document)
    controller = document.getCurrentController()
    if text and controller is not None:
        pe_document.show_warning(context, controller.getFrame(), text)
