"""The extension's client (ctypes over the C library) against a fake host.

test_pe_client.py LIBRARY
"""

import json
import os
import signal
import stat
import sys
import tempfile
import threading
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
from fake_host import FakeHost, frame  # noqa: E402  (also finds the extension's modules)
import pe_client  # noqa: E402
import pe_wire  # noqa: E402
from pe_wire import SheetError  # noqa: E402

LIBRARY = None
SOON = 20.0  # seconds: what a busy machine may take for what takes none


class Codec(unittest.TestCase):
    def test_examples_of_the_format(self):
        """Bytes of the MessagePack specification, not of this codec."""
        rows = [
            (None, "c0"), (False, "c2"), (True, "c3"), (0, "00"), (127, "7f"), (128, "cc80"),
            (255, "ccff"), (256, "cd0100"), (65536, "ce00010000"), (1 << 32, "cf0000000100000000"),
            (-1, "ff"), (-32, "e0"), (-33, "d3ffffffffffffffdf"), (1.0, "cb3ff0000000000000"),
            ("", "a0"), ("a", "a161"), ("ä", "a2c3a4"), ([], "90"), ([1, 2], "920102"), ({}, "80"),
            ({"a": 1}, "81a16101"), (SheetError(2), "d40102"), (pe_wire.OMITTED, "c70002"),
        ]
        for value, expected in rows:
            self.assertEqual(pe_wire.encode(value).hex(), expected)
            self.assertEqual(pe_wire.decode(bytes.fromhex(expected)), value)

    def test_other_lengths(self):
        for raw, value in (("ca3fc00000", 1.5), ("d0ff", -1), ("d1ff00", -256), ("d2ffffffff", -1),
                           ("d90161", "a"), ("da000161", "a"), ("dc000101", [1]),
                           ("dd0000000101", [1]), ("de0001a16101", {"a": 1}),
                           ("c401ff", b"\xff"), ("c7010107", SheetError(7))):
            self.assertEqual(pe_wire.decode(bytes.fromhex(raw)), value)

    def test_doubles_in_a_row(self):
        values = [1.5 * i for i in range(1000)]
        self.assertEqual(pe_wire.decode(pe_wire.encode(values)), values)

    def test_cut_off(self):
        raw = pe_wire.encode({"text": "abc", "list": [1, 2.5, None]})
        for end in range(len(raw)):
            self.assertRaises(ValueError, pe_wire.decode, raw[:end])
        self.assertRaises(ValueError, pe_wire.decode, raw + b"\0")


class WithHost(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        os.environ["XDG_RUNTIME_DIR"] = self.folder.name
        self.host = None
        self.clients = []

    def tearDown(self):
        for client in self.clients:
            client.close()
        if self.host:
            self.host.close()
        self.folder.cleanup()

    def serve(self, **answers):
        names = {name.replace("_", "."): answer for name, answer in answers.items()}
        self.host = FakeHost(self.folder.name, names)
        return self.open(start=False)

    def open(self, **options):
        client = pe_client.Client.open("test", library=LIBRARY, **options)
        self.clients.append(client)
        return client

    def failure(self, code, work, *arguments, **options):
        with self.assertRaises(pe_client.HostError) as caught:
            work(*arguments, **options)
        self.assertEqual(caught.exception.code, code, caught.exception)
        self.assertNotEqual(caught.exception.what, "")
        return caught.exception


class Calls(WithHost):
    def test_values_go_both_ways(self):
        client = self.serve()
        params = {"a": [1, -1, 2.5, None, True, "ä€", SheetError(7), {"b": []}],
                  "big": "x" * 300000}
        self.assertEqual(client.call("echo", params), params)

    def test_error_of_the_host(self):
        error = self.failure("unknown_method", self.serve().call, "nothing")
        self.assertEqual(error.where, "nothing")

    def test_progress_belongs_to_its_request(self):
        def slow(_, send, request, params):
            for done in range(3):
                send([2, "progress", [{"request": request, "stage": "simulate", "done": done,
                                       "total": 3}]])
                send([2, "progress", [{"request": request + 999, "stage": "x", "done": 0,
                                       "total": 0}]])
            send([1, request, None, {"n": 1}])

        seen = []
        client = self.serve(simulate=slow)
        self.assertEqual(client.call("simulate", {}, progress=seen.append), {"n": 1})
        self.assertEqual([note["done"] for note in seen], [0, 1, 2])

    def test_send_and_next(self):
        client = self.serve()
        first, second = client.send("echo", {"n": 1}), client.send("echo", {"n": 2})
        self.assertEqual(client.call("echo", {"n": 3}), {"n": 3})  # theirs are kept meanwhile
        got = [client.next(2.0) for _ in range(2)]
        self.assertEqual([(m.id, m.body["n"]) for m in got], [(first, 1), (second, 2)])
        self.assertIsNone(client.next(0.02))

    def test_cancel_from_another_thread(self):
        ended = threading.Event()

        def slow(_, send, request, params):
            ended.wait(5)
            send([1, request, {"code": "cancelled", "where": "", "what": "cancelled"}, None])

        client = self.serve(simulate=slow)
        timer = threading.Timer(0.1, lambda: (client.notify("cancel", {"request": 2}), ended.set()))
        timer.start()
        self.failure("cancelled", client.call, "simulate", {})
        timer.join()

    def test_timeout_cancels(self):
        client = self.serve(simulate=lambda *_: None)
        begun = time.monotonic()
        self.failure("timeout", client.call, "simulate", {}, timeout=0.2)
        self.assertLess(time.monotonic() - begun, SOON)
        client.call("echo", {})
        self.assertIn(("cancel", {"request": 2}), self.host.notes)

    def test_late_response_is_dropped(self):
        waiting = []
        client = self.serve(simulate=lambda c, send, request, params: waiting.append(request))
        self.failure("timeout", client.call, "simulate", {}, timeout=0.1)

        def answer(_, send, request, params):
            send([1, waiting[0], None, {"late": 1}])
            send([1, request, None, {"n": 2}])

        self.host.answers["now"] = answer
        self.assertEqual(client.call("now"), {"n": 2})
        self.assertIsNone(client.next(0.05))

    def test_host_dies(self):
        client = self.serve(simulate=lambda *_: False)
        self.failure("lost", client.call, "simulate", {})
        self.failure("lost", client.call, "echo", {})

    def test_garbage(self):
        for raw in (b"\0\0\0\0", b"\xff\xff\xff\xff", frame(b"\xc1"), frame(b"\x94\x05"),
                    frame(b"\xc0\xc0"), frame({"a": 1})):
            client = self.serve(simulate=lambda c, *_, raw=raw: c.sendall(raw))
            with self.assertRaises(pe_client.HostError) as caught:
                client.call("simulate", {})
            self.assertIn(caught.exception.code, ("protocol", "limit"))
            self.host.close()
            self.host = None

    def test_half_a_reply(self):
        def half(connection, *_):
            connection.sendall(frame([1, 2, None, {"a": "b" * 1000}])[:500])
            return False

        self.failure("lost", self.serve(simulate=half).call, "simulate", {})

    def test_closed_client(self):
        client = self.serve()
        client.close()
        client.close()
        self.failure("lost", client.call, "echo")


class Opening(WithHost):
    def program(self, mode=""):
        path = os.path.join(self.folder.name, "program" + mode)
        with open(path, "w", encoding="utf-8") as out:
            out.write("#!/bin/sh\necho x >> '%s/starts'\nFAKE_HOST_MODE=%s exec %s %s\n"
                      % (self.folder.name, mode, sys.executable,
                         os.path.join(HERE, "fake_host.py")))
        os.chmod(path, stat.S_IRWXU)
        return path

    def starts(self):
        with open(os.path.join(self.folder.name, "starts"), encoding="utf-8") as lines:
            return len(lines.readlines())

    def when_started(self, action):
        """A thread that does so as soon as the program has been started."""
        def wait():
            while not os.path.exists(os.path.join(self.folder.name, "starts")):
                time.sleep(0.01)
            action()

        thread = threading.Thread(target=wait, daemon=True)
        thread.start()
        return thread

    def pid(self):
        with open(os.path.join(self.folder.name, "power-engine", "host-1.json"),
                  encoding="utf-8") as file:
            return json.load(file)["pid"]

    def test_none_running(self):
        self.failure("connect", self.open, start=False)

    def test_started_detached(self):
        client = self.open(program=self.program())
        self.assertEqual(client.call("echo", {"n": 1}), {"n": 1})
        pid = self.pid()
        self.assertEqual(os.getsid(pid), pid)
        for number in range(3):
            self.assertEqual(os.readlink("/proc/%d/fd/%d" % (pid, number)), "/dev/null")
        os.kill(pid, signal.SIGKILL)
        self.failure("lost", client.call, "echo", {})
        client.close()
        self.assertEqual(self.open(program=self.program()).call("echo", {"n": 2}), {"n": 2})
        self.assertEqual(self.starts(), 2)
        self.assertNotEqual(self.pid(), pid)
        os.kill(self.pid(), signal.SIGKILL)

    def test_dies_at_once(self):
        error = self.failure("host_start", self.open, program=self.program("dies"))
        self.assertIn("3", error.what)

    def test_never_answers(self):
        started = self.when_started(lambda: None)  # nor does it come late, when its folder goes
        begun = time.monotonic()
        self.failure("timeout", self.open, program=self.program("silent"), timeout=0.5)
        self.assertLess(time.monotonic() - begun, SOON)
        started.join()

    def test_another_was_faster(self):
        """Our host ends at once because another one has won; it comes up a little later."""
        other = self.when_started(lambda: setattr(self, "host", FakeHost(self.folder.name)))
        client = self.open(program=self.program("twice"))
        other.join()
        self.assertEqual(client.call("echo", {"n": 1}), {"n": 1})

    def test_no_program(self):
        self.failure("host_missing", self.open, program="/nonexistent/power-engine")

    def test_token_of_a_host_that_is_gone(self):
        """The file is rewritten while we connect: the second try has the new token."""
        self.host = FakeHost(self.folder.name)
        self.host.write_file("f" * 32)
        rewritten = self.when_started(lambda: self.host.write_file("0123456789abcdef" * 2))
        client = self.open(program=self.program("twice"))
        rewritten.join()
        self.assertEqual(client.call("echo", {"n": 1}), {"n": 1})

    def test_version(self):
        def old(_, send, request, params):
            send([1, request, {"code": "version", "where": "hello", "what": "speaks 2"}, None])

        self.host = FakeHost(self.folder.name)
        self.host._answer = lambda c, request, method, params: old(
            c, lambda value: c.sendall(frame(value)), request, params)
        self.failure("version", self.open, start=False)

    def test_folder_of_others(self):
        self.host = FakeHost(self.folder.name)
        os.chmod(self.host.folder, 0o777)
        self.failure("connect", self.open, start=False)
        os.chmod(self.host.folder, 0o700)
        os.chmod(os.path.join(self.host.folder, "host-1.json"), 0o666)
        self.failure("connect", self.open, start=False)

    def test_endpoint_by_name(self):
        self.host = FakeHost(self.folder.name)
        os.environ["XDG_RUNTIME_DIR"] = "/nonexistent"
        client = self.open(endpoint=self.host.path)
        self.assertEqual(client.call("echo", {"n": 1}), {"n": 1})
        self.failure("argument", self.open, endpoint="/tmp/x")


class Sheets(WithHost):
    def parts(self):
        return [params for method, params in self.host.requests if method == "workbook.sheet"]

    def test_cells(self):
        client = self.serve()
        formulas = (("=A1*2", "abc", "", "=\"\""), ("=abc", "TRUE", "=1/0", "1.5"))
        data = ((4.0, "abc", "", ""), ("=abc", 1.0, None, 1.5))
        client.sheet(7, 2, 10, 20, formulas, data, booleans={(1, 1)}, errors={(1, 2): 2})
        self.assertEqual(self.parts(), [{
            "book": 7, "sheet": 2, "row": 10, "column": 20, "rows": 2, "columns": 4,
            "values": [4.0, "abc", None, "", "=abc", True, SheetError(2), 1.5],
            "formulas": ["=A1*2", None, None, "=\"\"", None, None, "=1/0", None]}])

    def rebuild(self, rows, columns):
        values, formulas = {}, {}
        for part in self.parts():
            self.assertEqual(len(part["values"]), part["rows"] * part["columns"])
            part_formulas = part.get("formulas") or [None] * len(part["values"])
            for i, value in enumerate(part["values"]):
                at = (part["row"] + i // part["columns"], part["column"] + i % part["columns"])
                values[at] = value
                formulas[at] = part_formulas[i]
        self.assertEqual(len(values), rows * columns)
        return values, formulas

    def test_parts_cover_all(self):
        for rows, columns, size in ((140000, 1, 3), (9, 16000, 3), (3, 2000, 2000), (1, 30, 400000),
                                    (90, 90, 3)):
            client = self.serve()
            text = "x" * size
            data = [tuple(text + str(r * columns + c) for c in range(columns)) for r in range(rows)]
            formulas = [tuple("=" + text + str(r * columns + c) if c % 3 == 0 else data[r][c]
                              for c in range(columns)) for r in range(rows)]
            client.sheet(1, 0, 0, 0, formulas, data)
            values, found = self.rebuild(rows, columns)
            self.assertTrue(all(values[r, c] == data[r][c] and
                                found[r, c] == (formulas[r][c] if c % 3 == 0 else None)
                                for r in range(rows) for c in range(columns)))
            self.host.close()
            self.host = None

    def test_wrong_input(self):
        client = self.serve()
        self.failure("argument", client.sheet, 1, 0, 0, 0, (("a\0b",),), (("a",),))
        self.failure("argument", client.sheet, 1, 0, 0, 0, (("a", "b"),), (("a",),))
        self.failure("argument", client.sheet, 1, 0, 0, 0, (("=1/0",),), ((None,),))
        self.failure("argument", client.sheet, 1, 0, 0, 0, (("=1",),), ((float("nan"),),))
        self.failure("limit", client.sheet, 1, 0, 0, 0, (("x" * (1 << 21),),), (("y",),))
        self.assertEqual(client.call("echo", {"n": 1}), {"n": 1})

    def test_error_of_a_part(self):
        def refuse(_, send, request, params):
            send([1, request, {"code": "limit", "where": "", "what": "no more"}, None])

        client = self.serve(workbook_sheet=refuse)
        self.failure("limit", client.sheet, 1, 0, 0, 0, (("=1",),), ((1.0,),))
        self.assertEqual(client.call("echo", {"n": 1}), {"n": 1})

    def test_100000_cells_are_quick(self):
        client = self.serve()
        formulas = [tuple("=B%d*2+SUM(C1:C%d)" % (r, c) for c in range(10)) for r in range(10000)]
        data = [tuple(float(r * c) for c in range(10)) for r in range(10000)]
        best = min(_seconds(pe_client.flatten, formulas, data) for _ in range(3))
        print("flatten 100,000 cells: %.0f ms" % (best * 1000))
        client.sheet(1, 0, 0, 0, formulas, data)
        self.assertLess(best, 0.5)  # a slow machine, not the aim


def _seconds(work, *arguments):
    begun = time.process_time()
    work(*arguments)
    return time.process_time() - begun


if __name__ == "__main__":
    LIBRARY = os.path.abspath(sys.argv.pop(1))
    unittest.main()
