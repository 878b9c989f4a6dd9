"""The host as the dialogs need it: one call, and failures as problems that the user can read."""
import pe_document

ABOUT_THE_REQUEST = ("argument", "syntax")  # the host's codes: a field of the dialog is wrong


class Host:
    """The host behind a document's session; what goes wrong becomes a Problem."""

    def __init__(self, session):
        self.session = session

    def call(self, method, params):
        """The reply of one request."""
        try:
            return self.session.request(method, params)
        except pe_document.Problem as problem:
            cause = problem.__cause__
            if getattr(cause, "code", "") in ABOUT_THE_REQUEST:
                raise pe_document.Problem(cause.what[:1].upper() + cause.what[1:]) from cause
            raise


def host_of(context, document):
    """The host that this office's commands share."""
    import pe_session
    return Host(pe_session.of(context, document))
