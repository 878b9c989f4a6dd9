"""Remove Results: takes the result sheets away, as one step of Undo. What refers to them shows that
it lost its cells; the model and its settings stay."""
import pe_document
import pe_marks
import pe_pages


def execute(context, frame, arguments):
    """Asks first, but with Quiet."""
    document = pe_document.document_of(frame)
    names = [sheet.getName() for sheet in pe_marks.our_sheets(document, every=True)]
    if not arguments.get("Quiet"):
        import pe_dialog_remove
        if not pe_dialog_remove.confirm(context, frame, names):
            return "cancelled"
    removed = pe_pages.remove(document)
    return "%d result sheets removed" % len(removed)
