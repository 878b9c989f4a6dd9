"""A host of few words, for tests of the clients: speaks the protocol, keeps what it is sent, and
misbehaves on request.

As a program: fake_host.py serve, with XDG_RUNTIME_DIR; FAKE_HOST_MODE: dies, silent, twice.
"""

import json
import os
import socket
import struct
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, os.pardir,
                                "addin", "libreoffice", "pythonpath"))
import pe_wire  # noqa: E402

TOKEN = "0123456789abcdef0123456789abcdef"


def frame(value):
    raw = value if isinstance(value, bytes) else pe_wire.encode(value)
    return struct.pack(">I", len(raw)) + raw


def receive(connection, count):
    data = bytearray()
    while len(data) < count:
        piece = connection.recv(count - len(data))
        if not piece:
            return None
        data += piece
    return bytes(data)


def read_message(connection):
    head = receive(connection, 4)
    body = head and receive(connection, struct.unpack(">I", head)[0])
    return pe_wire.decode(body) if body else None


class FakeHost:
    """Answers hello and echo; `answers` maps further methods to functions of the parameters and a
    function that sends a message."""

    def __init__(self, folder, answers=None, token=TOKEN):
        self.folder = os.path.join(folder, "power-engine")
        self.answers = answers or {}
        self.requests = []
        self.notes = []
        self.token = token
        os.makedirs(self.folder, mode=0o700, exist_ok=True)
        self.path = os.path.join(self.folder, "host-1.sock")
        self.listener = socket.socket(socket.AF_UNIX)
        if os.path.exists(self.path):
            os.unlink(self.path)
        self.listener.bind(self.path)
        os.chmod(self.path, 0o600)
        self.listener.listen(8)
        self.write_file(TOKEN)
        self.thread = threading.Thread(target=self._accept, daemon=True)
        self.thread.start()

    def write_file(self, token):
        file = os.path.join(self.folder, "host-1.json")
        with open(os.open(file + ".new", os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w",
                  encoding="utf-8") as out:
            json.dump({"endpoint": self.path, "token": token, "pid": os.getpid(),
                       "version": "0.1.0"}, out)
        os.replace(file + ".new", file)

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def _accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with connection:
            while True:
                try:
                    message = read_message(connection)
                except OSError:
                    return
                if message is None:
                    return
                if message[0] == 2:
                    self.notes.append((message[1], message[2][0]))
                    continue
                self.requests.append((message[2], message[3][0]))
                try:
                    if self._answer(connection, *message[1:3], message[3][0]) is False:
                        return
                except OSError:
                    return

    def _answer(self, connection, request, method, params):
        def send(value):
            connection.sendall(frame(value))

        if method == "hello":
            if params["token"] != self.token:
                return send([1, request, {"code": "token", "where": "", "what": "no"}, None])
            return send([1, request, None, {"version": "0.1.0", "protocol": 1, "limits": {},
                                            "threads": 1, "backend": "cpu"}])
        if method in self.answers:
            return self.answers[method](connection, send, request, params)
        if method == "echo" or method.startswith("workbook."):
            return send([1, request, None, params if method == "echo" else {}])
        return send([1, request, {"code": "unknown_method", "where": method, "what": "no"}, None])


if __name__ == "__main__":
    mode = os.environ.get("FAKE_HOST_MODE", "")
    if mode == "dies":
        sys.exit(3)
    if mode == "silent":
        time.sleep(30)
        sys.exit(0)
    if mode == "twice":  # the faster of two: this one finds the other's socket and ends
        sys.exit(0)
    host = FakeHost(os.environ["XDG_RUNTIME_DIR"])
    time.sleep(float(os.environ.get("FAKE_HOST_SECONDS", "20")))
