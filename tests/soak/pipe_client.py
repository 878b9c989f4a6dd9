"""A client of the host written from protocol/PROTOCOL.md alone: no library but Python's own. The
soak test, the comparison with the command line and the fuzzer use it; whoever writes a client in
another language can read it beside that page."""
import json
import os
import socket
import struct
import time


# ---- MessagePack

class Error:
    """A spreadsheet error, numbered as by ERROR.TYPE."""

    def __init__(self, code):
        self.code = code

    def __eq__(self, other):
        return isinstance(other, Error) and other.code == self.code

    def __repr__(self):
        return "Error(%d)" % self.code


class Omitted:
    """An argument left out, a value not known."""

    def __repr__(self):
        return "OMITTED"


OMITTED = Omitted()


def pack(x):
    out = bytearray()
    _pack(x, out)
    return bytes(out)


def _pack_int(x, out):
    if 0 <= x < 128:
        out.append(x)
    elif -32 <= x < 0:
        out += struct.pack("b", x)
    elif 0 <= x < 1 << 32:
        out += b"\xce" + struct.pack(">I", x)
    elif x >= 0:
        out += b"\xcf" + struct.pack(">Q", x)
    else:
        out += b"\xd3" + struct.pack(">q", x)


def _pack_head(count, small, small_limit, wide, out):
    """The head of a text, array or map: the shortest form, or with 16 or 32 bits of length."""
    if count < small_limit:
        out.append(small | count)
    elif count < 1 << 16:
        out += bytes([wide[0]]) + struct.pack(">H", count)
    else:
        out += bytes([wide[1]]) + struct.pack(">I", count)


def _pack(x, out):
    if x is None:
        out.append(0xc0)
    elif x is True or x is False:
        out.append(0xc3 if x else 0xc2)
    elif isinstance(x, int):
        _pack_int(x, out)
    elif isinstance(x, float):
        out += b"\xcb" + struct.pack(">d", x)
    elif isinstance(x, str):
        data = x.encode("utf-8")
        _pack_head(len(data), 0xa0, 32, (0xda, 0xdb), out)
        out += data
    elif isinstance(x, (list, tuple)):
        _pack_head(len(x), 0x90, 16, (0xdc, 0xdd), out)
        for item in x:
            _pack(item, out)
    elif isinstance(x, dict):
        _pack_head(len(x), 0x80, 16, (0xde, 0xdf), out)
        for key, value in x.items():
            _pack(key, out)
            _pack(value, out)
    elif isinstance(x, Error):
        out += bytes([0xd4, 1, x.code])
    elif isinstance(x, Omitted):
        out += b"\xc7\x00\x02"
    else:
        raise TypeError("cannot be packed: %r" % (x,))


class _Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, count):
        part = self.data[self.at:self.at + count]
        if len(part) != count:
            raise ValueError("the frame is cut off")
        self.at += count
        return part

    def number(self, form, count):
        return struct.unpack(form, self.take(count))[0]

    def text(self, count):
        return self.take(count).decode("utf-8")

    def array(self, count):
        return [self.read() for _ in range(count)]

    def map(self, count):
        return {self.read(): self.read() for _ in range(count)}

    def ext(self, count):
        kind = self.number("b", 1)
        data = self.take(count)
        if kind == 1 and count == 1:
            return Error(data[0])
        if kind == 2 and count == 0:
            return OMITTED
        raise ValueError("an ext that the protocol does not have")

    def read(self):
        b = self.number("B", 1)
        if b < 0x80:
            return b
        if b < 0x90:
            return self.map(b & 15)
        if b < 0xa0:
            return self.array(b & 15)
        if b < 0xc0:
            return self.text(b & 31)
        if b >= 0xe0:
            return b - 256
        simple = {0xc0: None, 0xc2: False, 0xc3: True}
        if b in simple:
            return simple[b]
        numbers = {0xca: (">f", 4), 0xcb: (">d", 8), 0xcc: (">B", 1), 0xcd: (">H", 2),
                   0xce: (">I", 4), 0xcf: (">Q", 8), 0xd0: (">b", 1), 0xd1: (">h", 2),
                   0xd2: (">i", 4), 0xd3: (">q", 8)}
        if b in numbers:
            return self.number(*numbers[b])
        sizes = {0xd9: (self.text, ">B", 1), 0xda: (self.text, ">H", 2), 0xdb: (self.text, ">I", 4),
                 0xdc: (self.array, ">H", 2), 0xdd: (self.array, ">I", 4),
                 0xde: (self.map, ">H", 2), 0xdf: (self.map, ">I", 4),
                 0xc7: (self.ext, ">B", 1), 0xc8: (self.ext, ">H", 2), 0xc9: (self.ext, ">I", 4)}
        if b in sizes:
            read, form, count = sizes[b]
            return read(self.number(form, count))
        if 0xd4 <= b <= 0xd8:
            return self.ext(1 << (b - 0xd4))
        raise ValueError("byte %02x begins nothing" % b)


def unpack(data):
    reader = _Reader(data)
    result = reader.read()
    if reader.at != len(data):
        raise ValueError("bytes after the object")
    return result


# ---- a session

class Failure(Exception):
    """The error of a response."""

    def __init__(self, error):
        Exception.__init__(self, "%(code)s %(where)s: %(what)s" % error)
        self.code, self.where, self.what = error["code"], error["where"], error["what"]


class Lost(Exception):
    """The connection ended."""


def frame(message):
    data = pack(message)
    return struct.pack(">I", len(data)) + data


def endpoint_of(path):
    """What stands in the endpoint file beside a socket."""
    with open(path[:-len(".sock")] + ".json") as f:
        return json.load(f)


class Client:
    """One connection. progress: called with the parameters of each progress notification."""

    def __init__(self, path, token=None, name="pipe_client.py", hello=True, timeout=120):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(timeout)
        self.socket.connect(path)
        self.last_id, self.bytes, self.replies = 0, bytearray(), {}
        self.progress, self.goodbye = [], None
        self.info = None
        if hello:
            token = token if token is not None else endpoint_of(path)["token"]
            self.info = self.call("hello", version=1, token=token, client=name)

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.close()

    # -- out

    def send(self, method, **params):
        self.last_id += 1
        self.socket.sendall(frame([0, self.last_id, method, [params]]))
        return self.last_id

    def notify(self, method, **params):
        self.socket.sendall(frame([2, method, [params]]))

    # -- in

    def receive(self):
        """The next message."""
        while True:
            if len(self.bytes) >= 4:
                length = struct.unpack(">I", self.bytes[:4])[0]
                if len(self.bytes) >= 4 + length:
                    data = bytes(self.bytes[4:4 + length])
                    del self.bytes[:4 + length]
                    return unpack(data)
            try:
                part = self.socket.recv(1 << 18)
            except ConnectionError as e:
                raise Lost(str(e))
            if not part:
                raise Lost(self.goodbye or "the host closed the connection")
            self.bytes += part

    def wait(self, request):
        """The result of a request."""
        while request not in self.replies:
            message = self.receive()
            if message[0] == 1:
                self.replies[message[1]] = message[2:]
            elif message[1] == "progress":
                self.progress.append((time.monotonic(), message[2][0]))
            elif message[1] == "goodbye":
                self.goodbye = message[2][0]["reason"]
        error, result = self.replies.pop(request)
        if error is not None:
            raise Failure(error)
        return result

    def call(self, method, **params):
        return self.wait(self.send(method, **params))

    # -- workbooks

    def book(self, sheets, name="model", formats=(), **more):
        """Sends a workbook: {sheet: {(row, column): value, "=formula" or (formula, value)}}."""
        params = dict(name=name, application="pipe_client", dialect="excel", semantics="excel",
                      sheets=[{"name": n} for n in sheets])
        params.update(more)
        book = self.call("workbook.begin", **params)["book"]
        for index, cells in enumerate(sheets.values()):
            if cells:
                self.call("workbook.sheet", book=book, **rectangle(index, cells))
        self.call("workbook.end", book=book)
        return book

    def pages(self, run):
        """Every page of a run's reply, its parts joined."""
        result = []
        for head in run["pages"]:
            page = self.call("page", run=run["run"], page=head["page"])
            while "next" in page:
                more = self.call("page", run=run["run"], page=head["page"], first=page.pop("next"))
                page["cells"] += more["cells"]
                if "next" in more:
                    page["next"] = more["next"]
            result.append(page)
        return result


def rectangle(sheet, cells):
    """The smallest rectangle of cells, as workbook.sheet has it."""
    rows = [r for r, _ in cells]
    columns = [c for _, c in cells]
    row, column = min(rows), min(columns)
    height, width = max(rows) - row + 1, max(columns) - column + 1
    values, formulas = [None] * (height * width), [None] * (height * width)
    for (r, c), content in cells.items():
        at = (r - row) * width + c - column
        if isinstance(content, tuple):
            formulas[at], values[at] = content
        elif isinstance(content, str) and content.startswith("="):
            formulas[at], values[at] = content, OMITTED
        else:
            values[at] = content
    return dict(sheet=sheet, row=row, column=column, rows=height, columns=width, values=values,
                formulas=formulas)
