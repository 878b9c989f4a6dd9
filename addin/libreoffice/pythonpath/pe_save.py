"""Warns where a document that was saved for Excel loses something that a simulation needs."""
import pe_document
import pe_snapshot

DATA_TABLE = "MULTIPLE.OPERATIONS"
TEXT = ("%s is part of a data table (MULTIPLE.OPERATIONS). The file was saved for Excel, which does "
        "not know that function and will show #NAME? there after it recalculates. Keep an .ods of "
        "this document; Power Engine runs both.")


def warning(document):
    """The text for the user, "" where nothing is lost."""
    if not pe_snapshot.is_excel(document):
        return ""
    sheets = document.getSheets()
    for index in range(sheets.getCount()):
        sheet = sheets.getByIndex(index)
        search = sheet.createSearchDescriptor()
        search.SearchString = DATA_TABLE
        search.SearchType = 0  # in formulas
        found = sheet.findFirst(search)
        if found is not None and DATA_TABLE + "(" in found.getFormula():
            address = found.getCellAddress()
            return TEXT % pe_document.address_text(sheet.getName(), address.Row, address.Column)
    return ""


def saved(context, document):
    """After saving."""
    text = warning(document)
    controller = document.getCurrentController()
    if text and controller is not None:
        pe_document.show_warning(context, controller.getFrame(), text)
