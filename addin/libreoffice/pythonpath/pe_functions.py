"""Static values of risk functions for cells, from the host: asked once per function and arguments,
and where many cells ask, as when a document is calculated, for many at once (pe_ahead).

A value is what the host says or an error; never a guess. Where the host cannot be reached the cell
shows #N/A, and the next try waits a little, so that a sheet full of functions does not hang.
"""
import struct
import threading
import time
import traceback

import pe_client
import pe_document
import pe_session
from pe_client import OMITTED, SheetError

CALL_SECONDS = 10.0
OPEN_SECONDS = 10.0
RETRY_SECONDS = 5.0
CACHE_ENTRIES = 100000
AHEAD_CALLS = 16          # questions after which it looks ahead
AHEAD_SHARE = 0.1         # of the time, at most, goes into that where it finds nothing
AHEAD_CELLS = 2000        # formulas looked at for each question since the last time
AHEAD_BATCH = 500         # calls in one request
AHEAD_ROUNDS = 3          # calls among the arguments of calls among the arguments
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


def trimmed(arguments):
    """As a tuple, without what is left out at the end."""
    arguments = tuple(arguments)
    while arguments and arguments[-1] is None:
        arguments = arguments[:-1]
    return arguments


class _Values:
    """The connection and what it has answered; the lock is for the timer that ends it."""

    def __init__(self):
        self.lock = threading.RLock()
        self.client = None
        self.failed = -RETRY_SECONDS
        self.used = 0.0
        self.timer = None
        self.cache = {}
        self.asked = 0      # questions since it last looked ahead
        self.due = 0.0      # not before this time again

    def _ask(self, context, calls):
        if self.client is None:
            self.client = pe_client.Client.open(pe_document.application(context) + " cells",
                                                program=pe_session.program(),
                                                timeout=OPEN_SECONDS)
        params = {"calls": [[name, [wire_argument(argument) for argument in arguments]]
                            for name, arguments in calls]}
        return self.client.call("call", params, timeout=CALL_SECONDS)["values"]

    def _learn(self, context, calls):
        """Asks for the values of calls (name, arguments) and keeps them. A host that ended since
        the last call (it does when idle) is started again."""
        had_one = self.client is not None
        try:
            values = self._ask(context, calls)
        except pe_client.HostError as error:
            self._close()
            if not had_one or error.code not in pe_session.LOST:
                raise
            values = self._ask(context, calls)
        if len(self.cache) + len(calls) > CACHE_ENTRIES:
            self.cache.clear()
        self.cache.update(zip(calls, values))

    def _learn_ahead(self, context):
        """What the open documents will ask next; what cannot be read is asked for in its turn."""
        self.asked += 1
        start = time.monotonic()
        if self.asked < AHEAD_CALLS or start < self.due:
            return
        import pe_ahead
        found = 0
        try:
            texts = pe_ahead.Texts(context, AHEAD_CELLS * self.asked)
            for _ in range(AHEAD_ROUNDS):
                calls = texts.calls(self.cache)[:CACHE_ENTRIES // 2]
                found += len(calls)
                for first in range(0, len(calls), AHEAD_BATCH):
                    self._learn(context, calls[first:first + AHEAD_BATCH])
        except pe_client.HostError:
            raise
        except Exception:  # a document that is being closed, say
            traceback.print_exc()
        self.asked = 0
        if found < AHEAD_CALLS:  # it did not pay
            now = time.monotonic()
            self.due = now + (now - start) / AHEAD_SHARE

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
        key = (name, trimmed(arguments))
        with self.lock:
            if key in self.cache:
                return self.cache[key]
            if time.monotonic() - self.failed < RETRY_SECONDS:
                return SheetError(_NOT_AVAILABLE)
            try:
                self._learn_ahead(context)
                if key not in self.cache:
                    self._learn(context, [key])
            except pe_client.HostError:
                self._close()
                self.failed = time.monotonic()
                return SheetError(_NOT_AVAILABLE)
            self.used = time.monotonic()
            if self.timer is None:
                self._rest_later(REST_SECONDS)
            return self.cache[key]


_values = _Values()


def value(context, name, arguments):
    """The function's value for a cell: number, text, or an error within a number."""
    result = _values.get(context, name, arguments)
    if isinstance(result, SheetError):
        return error_number(result.code)
    return "" if result is None else result
