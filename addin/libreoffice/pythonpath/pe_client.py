"""The host, as the extension sees it: a thin layer over the C library (client.h) through ctypes.

A Client is used by one thread at a time, except notify(), which any thread may call at any time
(to cancel or stop). Whatever fails raises HostError, whose `what` is written for the user.
"""

import ctypes
import functools
import os
import sys
import time
from array import array
from itertools import chain

import pe_wire
from pe_wire import OMITTED, SheetError  # noqa: F401  (for those who import this module only)

REPLY = 1
FAILURE = 2
NOTIFICATION = 3

_WAIT_STEP = 60.0  # the longest single wait in C, in seconds


class HostError(Exception):
    """code: one of client.h's or PROTOCOL.md's; where: cell, field or file; what: for the user."""

    def __init__(self, code, where, what):
        super().__init__(what)
        self.code = code
        self.where = where
        self.what = what

    def __str__(self):
        return "%s: %s" % (self.where, self.what) if self.where else self.what


class Message:
    """kind: REPLY, FAILURE or NOTIFICATION; id of the request; method of a notification; body:
    result, {code, where, what}, or the notification's parameters."""

    __slots__ = ("kind", "id", "method", "body")

    def __init__(self, kind, request, method, body):
        self.kind = kind
        self.id = request
        self.method = method
        self.body = body


# ---- the C library


class _Error(ctypes.Structure):
    _fields_ = [("code", ctypes.c_char * 32), ("where", ctypes.c_char * 256),
                ("what", ctypes.c_char * 768)]

    def raised(self):
        texts = [raw.decode("utf-8", "replace") for raw in (self.code, self.where, self.what)]
        return HostError(*texts)


class _Options(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("program", ctypes.c_char_p),
                ("endpoint", ctypes.c_char_p), ("start", ctypes.c_int),
                ("timeout_ms", ctypes.c_uint32)]


class _Message(ctypes.Structure):
    _fields_ = [("kind", ctypes.c_int), ("id", ctypes.c_uint32), ("method", ctypes.c_char_p),
                ("body", ctypes.c_void_p), ("length", ctypes.c_size_t)]


class _Cells(ctypes.Structure):
    _fields_ = [("book", ctypes.c_uint32), ("sheet", ctypes.c_uint32), ("row", ctypes.c_uint32),
                ("column", ctypes.c_uint32), ("rows", ctypes.c_uint32),
                ("columns", ctypes.c_uint32), ("formulas", ctypes.c_char_p),
                ("formulas_bytes", ctypes.c_size_t), ("kinds", ctypes.c_void_p),
                ("numbers", ctypes.c_void_p), ("texts", ctypes.c_char_p),
                ("texts_bytes", ctypes.c_size_t)]


def _library_path():
    names = {"win32": "libpe_client.dll", "darwin": "libpe_client.dylib"}
    name = names.get(sys.platform, "libpe_client.so")
    here = os.path.dirname(os.path.abspath(__file__))
    return os.path.normpath(os.path.join(here, os.pardir, "lib", name))


@functools.lru_cache(maxsize=None)
def _load(path):
    try:
        library = ctypes.CDLL(path)
    except OSError as error:
        raise HostError("host_missing", path, "The extension's library cannot be loaded (%s). "
                        "Install the extension again." % error) from error
    pointer, u32, error = ctypes.c_void_p, ctypes.c_uint32, ctypes.POINTER(_Error)
    prototypes = {
        "pe_client_open": (ctypes.c_int, [ctypes.POINTER(_Options), ctypes.POINTER(pointer),
                                          error]),
        "pe_client_close": (None, [pointer]),
        "pe_client_send": (ctypes.c_int64, [pointer, ctypes.c_char_p, ctypes.c_char_p,
                                            ctypes.c_size_t, u32, error]),
        "pe_client_notify": (ctypes.c_int, [pointer, ctypes.c_char_p, ctypes.c_char_p,
                                            ctypes.c_size_t, u32, error]),
        "pe_client_last_id": (u32, [pointer]),
        "pe_client_next": (ctypes.c_int, [pointer, u32, ctypes.POINTER(_Message), error]),
        "pe_client_sheet": (ctypes.c_int, [pointer, ctypes.POINTER(_Cells), u32, error]),
    }
    for name, (result, arguments) in prototypes.items():
        function = getattr(library, name)
        function.restype = result
        function.argtypes = arguments
    return library


def _milliseconds(seconds):
    return max(0, min(int(seconds * 1000 + 0.999), 0x7FFFFFFF))


def _path_bytes(path):
    return None if path is None else os.fsencode(path)


# ---- cells as the spreadsheet gives them

_KINDS = {float: 1, int: 1, str: 2, bool: 3, type(None): 4}


def _positions(cells, columns):
    return (row * columns + column for row, column in cells)


def flatten(formulas, data, booleans=None, errors=None):
    """The flat form of pe_client_cells: (rows, columns, formulas, kinds, numbers, texts). formulas
    and data as getFormulaArray() and getDataArray() give them; booleans: the (row, column) of
    numbers that are truth values; errors: (row, column) to error code for each None in data."""
    rows, columns = len(formulas), len(formulas[0]) if formulas else 0
    flat_formulas = list(chain.from_iterable(formulas))
    flat = list(chain.from_iterable(data))
    if not flat or len(flat) != rows * columns or len(flat_formulas) != len(flat):
        raise HostError("argument", "cells", "Formulas and values are not of one rectangle.")
    kinds = bytearray(map(_KINDS.__getitem__, map(type, flat)))
    # An empty cell has no formula; a formula may well have the result "".
    for at, value in enumerate(flat):
        if value == "" and flat_formulas[at] == "":
            kinds[at] = 0
    numbers = array("d", [value if value.__class__ is float else 0.0 for value in flat])
    for at, value in enumerate(flat):
        if value.__class__ is int or value.__class__ is bool:
            numbers[at] = value
    for at in _positions(booleans or (), columns):
        kinds[at] = 3
    for (row, column), code in (errors or {}).items():
        at = row * columns + column
        kinds[at] = 4
        numbers[at] = code
    if None in flat:
        missing = [at for at, value in enumerate(flat) if value is None and numbers[at] == 0]
        if missing:
            raise HostError("argument", "cells", "The error in row %d, column %d of the area has "
                            "no code." % (missing[0] // columns + 1, missing[0] % columns + 1))
    texts = [value for at, value in enumerate(flat) if kinds[at] == 2]
    return rows, columns, _joined(flat_formulas), kinds, numbers, _joined(texts)


def _joined(texts):
    if not texts:
        return b""
    return ("\0".join(texts) + "\0").encode("utf-8", "replace")


# ---- the client


class Client:
    """A connection to the host. Open it with Client.open()."""

    def __init__(self, library, handle):
        self._library = library
        self._handle = handle
        self._sent = set()  # requests of send() whose responses next() will give
        self._kept = []     # messages that came while another was waited for

    @classmethod
    def open(cls, name, program=None, endpoint=None, start=True, timeout=10.0, library=None):
        """Connects; starts the host where none runs. program: the host; endpoint: socket or
        endpoint file; library: the C library's path. All may be left out."""
        loaded = _load(library or _library_path())
        options = _Options(name.encode("utf-8", "replace"), _path_bytes(program),
                           _path_bytes(endpoint), 1 if start else 0,
                           max(1, _milliseconds(timeout)))
        handle, error = ctypes.c_void_p(), _Error()
        if loaded.pe_client_open(ctypes.byref(options), ctypes.byref(handle),
                                 ctypes.byref(error)) < 0:
            raise error.raised()
        return cls(loaded, handle)

    def close(self):
        """Ends the connection; the host goes on for others. May be called twice."""
        handle, self._handle = self._handle, None
        if handle is not None:
            self._library.pe_client_close(handle)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _open_handle(self):
        if self._handle is None:
            raise HostError("lost", "", "The connection to the host is closed.")
        return self._handle

    def _send(self, method, params, timeout):
        error = _Error()
        raw = pe_wire.encode(params if params is not None else {})
        sent = self._library.pe_client_send(self._open_handle(), method.encode(), raw, len(raw),
                                            _milliseconds(timeout), ctypes.byref(error))
        if sent < 0:
            raise error.raised()
        return sent

    def _next(self, timeout):
        message, error = _Message(), _Error()
        got = self._library.pe_client_next(self._open_handle(), _milliseconds(timeout),
                                           ctypes.byref(message), ctypes.byref(error))
        if got < 0:
            raise error.raised()
        if got == 0:
            return None
        body = pe_wire.decode(ctypes.string_at(message.body, message.length))
        method = message.method.decode() if message.kind == NOTIFICATION else ""
        return Message(message.kind, message.id, method, body)

    def send(self, method, params=None, timeout=10.0):
        """Sends a request and returns its id; next() gives its progress and response."""
        sent = self._send(method, params, timeout)
        self._sent.add(sent)
        return sent

    def next(self, timeout=0.0):
        """The next Message, or None when the timeout (seconds) has passed."""
        message = self._kept.pop(0) if self._kept else self._next(timeout)
        if message is not None and message.kind != NOTIFICATION:
            self._sent.discard(message.id)
        return message

    def notify(self, method, params=None, timeout=1.0):
        """Sends a notification: cancel or stop {"request": id}. Any thread, any time."""
        error = _Error()
        raw = pe_wire.encode(params if params is not None else {})
        if self._library.pe_client_notify(self._open_handle(), method.encode(), raw, len(raw),
                                          _milliseconds(timeout), ctypes.byref(error)) < 0:
            raise error.raised()

    def _wait(self, is_wanted, deadline, progress):
        """The next response that is wanted; what belongs to others is kept for next()."""
        while True:
            left = deadline - time.monotonic()
            message = self._next(min(max(left, 0.0), _WAIT_STEP))
            if message is None:
                if left > 0:
                    continue
                raise HostError("timeout", "", "The Power Engine host does not answer in time.")
            is_note = message.kind == NOTIFICATION
            request = message.body.get("request", 0) if is_note else message.id
            if is_wanted(request):
                if not is_note:
                    return message
                if progress and message.method == "progress":
                    progress(message.body)
            elif request in self._sent or request == 0:
                self._kept.append(message)  # a response given up earlier is dropped

    def call(self, method, params=None, timeout=30.0, progress=None):
        """The result of a request. progress(dict) is called for its progress notifications.
        timeout None: as long as the connection lives."""
        deadline = time.monotonic() + (1e9 if timeout is None else timeout)
        sent = self._send(method, params, min(deadline - time.monotonic(), _WAIT_STEP))
        try:
            message = self._wait(lambda request: request == sent, deadline, progress)
        except HostError as error:
            if error.code == "timeout":
                self.notify("cancel", {"request": sent})  # nobody waits for it any more
            raise
        if message.kind == FAILURE:
            raise _failure(message.body)
        return message.body

    def sheet(self, book, sheet, row, column, formulas, data, booleans=None, errors=None,
              timeout=60.0):
        """Sends a rectangle of cells (see flatten) and waits until the host has taken it."""
        deadline = time.monotonic() + timeout
        rows, columns, flat, kinds, numbers, texts = flatten(formulas, data, booleans, errors)
        kinds_c = (ctypes.c_uint8 * len(kinds)).from_buffer(kinds)
        cells = _Cells(book, sheet, row, column, rows, columns, flat, len(flat),
                       ctypes.addressof(kinds_c), numbers.buffer_info()[0], texts, len(texts))
        error = _Error()
        last = self._library.pe_client_last_id(self._open_handle())
        count = self._library.pe_client_sheet(self._open_handle(), ctypes.byref(cells),
                                              _milliseconds(timeout), ctypes.byref(error))
        if count < 0:
            raise error.raised()
        failed = None
        for _ in range(count):
            message = self._wait(lambda request: last < request <= last + count, deadline, None)
            if message.kind == FAILURE and failed is None:
                failed = message.body
        if failed is not None:
            raise _failure(failed)


def _failure(body):
    return HostError(body.get("code", "internal"), body.get("where", ""), body.get("what", ""))
