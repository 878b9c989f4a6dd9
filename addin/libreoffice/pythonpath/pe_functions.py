"""Static values of risk functions for cells, from the host: asked once per function and arguments.

A value is what the host says or an error; never a guess. Where the host cannot be reached the cell
shows #N/A, and the next try waits a little, so that a sheet full of functions does not hang.
"""
import struct
import threading
import time

import pe_client
import pe_document
import pe_session
from pe_client import OMITTED, SheetError

CALL_SECONDS = 10.0
OPEN_SECONDS = 10.0
RETRY_SECONDS = 5.0
CACHE_ENTRIES = 100000
REST_SECONDS = 60.0  # then the connection is closed, so that an idle host can end

# ERROR.TYPE to Calc's own error numbers.
_CALC_ERRORS = {1: 521, 2: 532, 3: 519, 4: 524, 5: 525, 6: 503, 7: 32767}
_NOT_AVAILABLE = 7


def error_number(code):
    """A cell's error as Calc carries it within a number: a NaN that holds Calc's error number."""
    bits = 0x7FF8000000000000 | _CALC_ERRORS.get(code, 519)
    return struct.unpack("<d", struct.pack("<Q", bits))[0]


def wire_argument(argument):
    """A cell function's argument as the protocol has it."""
    if argument is None:
        return OMITTED
    if not isinstance(argument, tuple):
        return argument
    rows, columns = len(argument), len(argument[0]) if argument else 0
    if rows == 1 and columns == 1:
        return argument[0][0]
    # Calc gives an empty cell of an area as an empty text.
    values = [None if value == "" else value for row in argument for value in row]
    return {"rows": rows, "columns": columns, "values": values}


class _Values:
    """The connection and what it has answered; the lock is for the timer that ends it."""

    def __init__(self):
        self.lock = threading.Lock()
        self.client = None
        self.failed = -RETRY_SECONDS
        self.used = 0.0
        self.timer = None
        self.cache = {}

    def _ask(self, context, name, arguments):
        if self.client is None:
            self.client = pe_client.Client.open(pe_document.application(context) + " cells",
                                                program=pe_session.program(),
                                                timeout=OPEN_SECONDS)
        params = {"calls": [[name, arguments]]}
        return self.client.call("call", params, timeout=CALL_SECONDS)["values"][0]

    def _ask_twice(self, context, name, arguments):
        """A host that ended since the last call (it does when idle) is started again."""
        had_one = self.client is not None
        try:
            return self._ask(context, name, arguments)
        except pe_client.HostError as error:
            self._close()
            if not had_one or error.code not in pe_session.LOST:
                raise
        return self._ask(context, name, arguments)

    def _close(self):
        client, self.client = self.client, None
        if client is not None:
            client.close()

    def _rest_later(self, seconds):
        self.timer = threading.Timer(seconds, self._rest)
        self.timer.daemon = True
        self.timer.start()

    def _rest(self):
        with self.lock:
            left = self.used + REST_SECONDS - time.monotonic()
            self.timer = None
            if self.client is None:
                return
            if left > 0:
                self._rest_later(left)
            else:
                self._close()

    def get(self, context, name, arguments):
        key = (name, arguments)
        with self.lock:
            if key in self.cache:
                return self.cache[key]
            if time.monotonic() - self.failed < RETRY_SECONDS:
                return SheetError(_NOT_AVAILABLE)
            wired = [wire_argument(argument) for argument in arguments]
            while wired and wired[-1] is OMITTED:
                wired.pop()
            try:
                result = self._ask_twice(context, name, wired)
            except pe_client.HostError:
                self._close()
                self.failed = time.monotonic()
                return SheetError(_NOT_AVAILABLE)
            self.used = time.monotonic()
            if self.timer is None:
                self._rest_later(REST_SECONDS)
            if len(self.cache) >= CACHE_ENTRIES:
                self.cache.clear()
            self.cache[key] = result
            return result


_values = _Values()


def value(context, name, arguments):
    """The function's value for a cell: number, text, or an error within a number."""
    result = _values.get(context, name, tuple(arguments))
    if isinstance(result, SheetError):
        return error_number(result.code)
    return "" if result is None else result
