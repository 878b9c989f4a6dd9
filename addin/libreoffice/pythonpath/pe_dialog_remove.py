"""Asks before the result sheets go."""
import pe_document
from pe_dialog_texts import T


def confirm(context, frame, names):
    """names: of the result sheets. True: the person wants them removed."""
    if not names:
        raise pe_document.Problem(T.REMOVE_NOTHING)
    text = T.REMOVE_ASK_ONE % names[0] if len(names) == 1 else T.REMOVE_ASK % len(names)
    return pe_document.ask(context, frame, text + "\n\n" + T.REMOVE_KEEPS)
