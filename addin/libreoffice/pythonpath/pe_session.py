"""One open document's conversation with the host: the connection, the workbook there, the last run.

Used by one thread at a time, except notify(). Invariant: a host that died, ended or was replaced
costs at most one clear message; the next command starts afresh.
"""
import os
import threading

import pe_client
import pe_document
import pe_snapshot
import unohelper
from com.sun.star.util import XCloseListener

PROGRAM_FILE = os.path.join(pe_document.EXTENSION, "program.txt")  # see install-libreoffice
REQUEST_SECONDS = 120.0
LOST = frozenset(("lost", "connect", "timeout", "protocol"))
RESTART = ("Power Engine's host program has ended. Nothing was changed; run it again: it starts "
           "anew.")


class Cancelled(Exception):
    """The user cancelled the request."""


class _Sessions(unohelper.Base, XCloseListener):
    """The sessions of all open documents, by document."""

    def __init__(self):
        self.by_document = {}
        self.lock = threading.Lock()

    def of(self, context, document):
        key = document.RuntimeUID
        with self.lock:
            session = self.by_document.get(key)
            if session is None:
                session = self.by_document[key] = Session(context, document)
                document.addCloseListener(self)
            return session

    def queryClosing(self, event, owns):
        pass

    def notifyClosing(self, event):
        with self.lock:
            session = self.by_document.pop(event.Source.RuntimeUID, None)
        if session is not None:
            if session.live is not None:
                session.live.stop()
            session.close()

    def disposing(self, event):
        pass


_sessions = _Sessions()


def of(context, document):
    """The document's session, made if need be."""
    return _sessions.of(context, document)


def known(document):
    """The document's session, None where it has none yet."""
    return _sessions.by_document.get(document.RuntimeUID)


def program():
    """The host program that this extension was installed with; None: the client looks for it."""
    try:
        with open(PROGRAM_FILE, encoding="utf-8") as file:
            path = file.read().strip()
    except OSError:
        return None
    return path if os.access(path, os.X_OK) else None


class Session:
    """See above."""

    def __init__(self, context, document):
        self.context = context
        self.document = document
        self.snapshot = None  # what the host has of the document
        self.last = None      # (reply of simulate, what was chosen) of the last run
        self.live = None      # live mode, where it is on
        self._client = None

    # ---- the connection

    def client(self):
        """The open client."""
        if self._client is None:
            name = pe_document.application(self.context)
            try:
                self._client = pe_client.Client.open(name, program=program())
            except pe_client.HostError as error:
                raise pe_document.Problem(str(error)) from error
        return self._client

    def close(self):
        """Ends the conversation; the host frees what it had of it."""
        client, self._client, self.snapshot = self._client, None, None
        if client is not None:
            client.close()

    def request(self, method, params=None, progress=None, started=None, timeout=REQUEST_SECONDS):
        """The result of one request. progress(dict), started(id): called in this thread. A Problem
        says what went wrong, in words for the user."""
        client = self.client()
        try:
            if started is None:
                return client.call(method, params, timeout=timeout, progress=progress)
            return _follow(client, method, params, progress, started)
        except pe_client.HostError as error:
            if error.code == "cancelled":
                raise Cancelled from error
            if error.code in LOST:
                self.close()
                raise pe_document.Problem(RESTART) from error
            raise pe_document.Problem(str(error)) from error

    def notify(self, method, params):
        """cancel or stop, from any thread."""
        client = self._client
        if client is not None:
            try:
                client.notify(method, params)
            except pe_client.HostError:
                pass  # whoever waits for the host learns it

    # ---- the workbook

    @property
    def book(self):
        """The workbook's number at the host."""
        return self.snapshot.book

    def send(self):
        """Sends the document as it is now, in place of what the host had of it."""
        if self._client is not None:
            try:
                self._client.call("status", timeout=5.0)
            except pe_client.HostError:
                self.close()  # ended since, as it does when idle: start it again
        client, old = self.client(), self.snapshot
        self.snapshot = None
        try:
            self.snapshot = pe_snapshot.send(self.context, self.document, client,
                                             old.book if old is not None else None)
        except pe_client.HostError as error:
            self.close()
            raise pe_document.Problem(
                RESTART if error.code in LOST else str(error)) from error
        return self.snapshot

    # ---- runs

    def ran(self, reply, chosen):
        """Remembers a run that ended well."""
        self.last = (reply, chosen)

    def page(self, run, index):
        """A page of a run, whole."""
        message = {"run": run, "page": index}
        page = self.request("page", message)
        part = page
        while part.get("next") is not None:
            part = self.request("page", dict(message, first=part["next"]))
            page["cells"].extend(part["cells"])
        return page


def _follow(client, method, params, progress, started):
    """A request whose id others know while it computes."""
    request = client.send(method, params)
    started(request)
    while True:
        message = client.next(1.0)
        if message is None:
            continue
        if message.kind == pe_client.NOTIFICATION:
            if message.method == "progress" and message.body.get("request") == request:
                progress(message.body)
        elif message.id == request:
            if message.kind == pe_client.FAILURE:
                body = message.body
                raise pe_client.HostError(body.get("code", "internal"), body.get("where", ""),
                                          body.get("what", ""))
            return message.body
