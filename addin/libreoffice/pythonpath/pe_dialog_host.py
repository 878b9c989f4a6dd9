"""The host as the dialogs need it: one call, and failures as problems that the user can read."""
import pe_document
from pe_dialog_texts import T


class Host:
    """The host behind a document's session; what goes wrong becomes a Problem."""

    def __init__(self, session):
        self.session = session

    def call(self, method, params):
        """The reply of one request."""
        try:
            return self.session.request(method, params)
        except pe_document.Problem:
            raise
        except Exception as error:  # whatever the client raises is for the user
            what = getattr(error, "what", "") or str(error)
            if getattr(error, "code", "") == "argument":
                raise pe_document.Problem(what)
            raise pe_document.Problem(T.NO_HOST % what)


def host_of(context, document):
    """The host that this office's commands share."""
    import pe_session
    return Host(pe_session.of(context, document))
