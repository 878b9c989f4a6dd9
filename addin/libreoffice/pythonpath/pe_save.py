"""Warns where a document that was saved for Excel loses something that a simulation needs."""
import pe_document
import pe_snapshot

DATA_TABLE = "TABLE("  # what the office's API calls MULTIPLE.OPERATIONS
TEXT = ("%s is part of a data table (MULTIPLE.OPERATIONS). The file was saved for Excel, which "
        "does not know that function and will show an error there after it recalculates. Keep an "
        ".ods of this document; Power Engine runs both.")


def warning(document):
    """The text for the user, "" where nothing is lost."""
    if not pe_snapshot.is_excel(document):
        return ""
    for sheet in pe_snapshot.model_sheets(document):
        for row, column, formula in pe_snapshot.formulas_of(sheet):
            if DATA_TABLE in formula and DATA_TABLE in pe_snapshot.outside_texts(formula):
                return TEXT % pe_document.address_text(sheet.getName(), row, column)
    return ""


_told = set()  # documents whose user knows


def saved(context, document):
    """After saving; a document is warned about once."""
    if document.RuntimeUID in _told:
        return
    text, controller = warning(document), document.getCurrentController()
    if text and controller is not None:
        _told.add(document.RuntimeUID)
        pe_document.show_warning(context, controller.getFrame(), text)
