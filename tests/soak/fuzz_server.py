"""Wrong messages to a live host: valid sessions, their values, types and bytes changed. The host
must answer or close, never crash, hang or grow; a well-behaved client beside it gets its results.

    fuzz_server.py PROGRAM [--seconds 20] [--seed N]
"""
import argparse
import copy
import random
import struct
import sys
import time

import host
import pipe_client

CELLS = {(0, 0): 10.0, (0, 1): "=RiskNormal(A1,2)", (0, 2): '=B1*2+RiskOutput("R")', (1, 0): "x",
         (1, 1): ("=A1/0", pipe_client.Error(2)), (2, 0): True}


def session(token):
    """One valid session that uses every method."""
    book = {"book": 1}
    settings = {"trials": 300, "seed": 5, "sampling": "latin_hypercube", "now": 46000.5,
                "inputs": [{"cell": "Sheet1!A1", "formula": "uniform(5,15)", "name": "In"}],
                "outputs": [{"cells": "Sheet1!C1:C2", "name": "Out"}],
                "targets": [{"output": "Out", "op": "<", "operand": 20.0}], "freeze": ["Sheet1!A3"],
                "ignore": ["RiskCorrmat"]}
    part = dict(pipe_client.rectangle(0, CELLS),
                arrays=[{"area": [4, 0, 2, 1], "formula": "=A1:A2*2", "kind": "array"}],
                data_tables=[{"area": [8, 1, 2, 1],
                              "column_input": {"sheet": 0, "row": 0, "column": 0}}],
                formats=[{"area": [0, 0, 3, 3], "code": "0.00"}], hidden_rows=[[5, 6]],
                filter=[0, 0, 3, 3])
    return [
        ("hello", {"version": 1, "token": token, "client": "fuzz"}),
        ("functions", {}), ("distributions", {}), ("status", {}),
        ("describe", {"formula": "pert(1,2,5)"}),
        ("call", {"calls": [["RISKNORMAL", [1, 2, "RiskTruncate(0,)"]],
                            ["SUM", [{"rows": 1, "columns": 2, "values": [1, None]}]],
                            ["RISKDISCRETE", [{"sheet": 0, "row": 0, "column": 0, "rows": 1,
                                               "columns": 1}, pipe_client.OMITTED]]]}),
        ("workbook.begin", {
            "name": "m", "application": "LibreOffice/7.4", "dialect": "excel", "semantics": "calc",
            "calc": {"wildcards": True, "null_date": [1899, 12, 30]}, "iterate": True,
            "iterate_count": 10, "iterate_delta": 0.001, "sheets": [{"name": "Sheet1"},
                                                                   {"name": "Other"}],
            "names": [{"name": "rate", "formula": "=Sheet1!$A$1", "sheet": 1}],
            "tables": [{"name": "T", "sheet": 1, "area": [0, 0, 2, 2], "header_rows": 1,
                        "totals_rows": 0, "columns": ["a", "b"]}]}),
        ("workbook.sheet", dict(part, **book)),
        ("workbook.end", book),
        ("inspect", dict(book, settings=settings)),
        ("describe", dict(book, formula="normal(A1+rate,Other!B2)",
                          at={"sheet": 0, "row": 9, "column": 0})),
        ("simulate", dict(book, settings=settings, name="first")),
        ("workbook.update", dict(book, sheets=[pipe_client.rectangle(0, {(0, 0): 12.0})])),
        ("simulate", dict(book, settings={"trials": 100})),
        ("page", {"run": 1, "page": 0}), ("page", {"run": 2, "page": 1, "first": 0}),
        ("trials", {"run": 1, "output": 0, "first": 0, "count": 50}),
        ("results", {"run": 2}), ("run.close", {"run": 1}),
        ("workbook.open", {"path": "/nowhere/x.xlsx"}),
        ("workbook.close", book),
    ]


MARK, PATIENCE = 999999, 5
ODD = [None, True, 0, 1, -1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 53, 2 ** 63, -2 ** 63, 1e308,
       float("nan"), float("inf"), 0.5, -0.0, "", "x" * 300, "=1+", "=" + "(" * 300, "\0", "é€😀",
       "=SUM(A1:XFD1048576)", "=A1", [], {}, [[]], {"a": 1}, pipe_client.Error(7),
       pipe_client.Error(255), pipe_client.OMITTED, "Sheet1!A1", "'", "RiskNormal(1,", [0] * 50]


def places(value, path=()):
    """Every place in a message, with the way to it."""
    yield path
    items = (value.items() if isinstance(value, dict) else enumerate(value)
             if isinstance(value, list) else ())
    for key, item in items:
        yield from places(item, path + (key,))


def odd(dice):
    """Never the table's own list or map: messages change what they hold."""
    return copy.deepcopy(dice.choice(ODD))


def change(value, dice):
    """One place of a message given something else."""
    value = copy.deepcopy(value)
    path = dice.choice(list(places(value)))
    if not path:
        return odd(dice)
    at = value
    for key in path[:-1]:
        at = at[key]
    action = dice.randrange(4)
    if action == 0 and isinstance(at, dict):
        del at[path[-1]]
    elif action == 1 and isinstance(at, list):
        at.insert(path[-1], odd(dice))
    elif action == 2 and isinstance(at, list):
        del at[path[-1]]
    else:
        at[path[-1]] = odd(dice)
    return value


def changed_bytes(data, dice):
    data = bytearray(data)
    for _ in range(dice.randrange(1, 6)):
        at = dice.randrange(len(data))
        action = dice.randrange(4)
        if action == 0:
            data[at] = dice.randrange(256)
        elif action == 1:
            data[at] ^= 1 << dice.randrange(8)
        elif action == 2:
            del data[at:at + dice.randrange(1, 9)]
        else:
            data[at:at] = bytes(dice.randrange(256) for _ in range(dice.randrange(1, 9)))
        if not data:
            return b"\0"
    return bytes(data)


def mutated(token, dice):
    """The frames of one session, some of them wrong."""
    frames, messages = [], session(token)
    if dice.random() < 0.2:
        head, tail = messages[:1], messages[1:]
        dice.shuffle(tail)
        messages = head + tail
    for number, (method, params) in enumerate(messages, 1):
        message = [0, number, method, [params]]
        if dice.random() < 0.25 and (method != "hello" or dice.random() < 0.1):
            for _ in range(dice.randrange(1, 4)):
                if dice.random() < 0.03:
                    message = change(message, dice)
                elif message and isinstance(message, list) and message[-1:] != [[]] and \
                        isinstance(message[-1], list):
                    message[-1][0] = change(message[-1][0], dice)
        try:
            data = pipe_client.pack(message)
        except (struct.error, OverflowError, TypeError):
            continue
        if dice.random() < 0.01:
            data = changed_bytes(data, dice)
        frames.append(struct.pack(">I", len(data)) + data)
        if dice.random() < 0.1:
            note = [2, dice.choice(["cancel", "stop", "x"]), [{"request": number}]]
            frames.append(pipe_client.frame(note))
    return frames


class Fuzz:
    def __init__(self, server, seed):
        self.server, self.dice = server, random.Random(seed)
        self.sessions = self.answers = 0
        self.beside = server.client()
        self.book = self.beside.book({"Sheet1": CELLS})
        self.expected = self.run()
        self.last = []

    def run(self):
        run = self.beside.call("simulate", book=self.book, settings={"trials": 200, "seed": 3})
        return [o["statistics"] for o in run["outputs"]]

    def one(self):
        token = pipe_client.endpoint_of(self.server.socket)["token"]
        self.last = mutated(token, self.dice)
        self.sessions += 1
        with self.server.client(hello=False, timeout=60) as client:
            try:
                for data in self.last:
                    client.socket.sendall(data)
                client.socket.sendall(pipe_client.frame(
                    [0, MARK, "run.close", [{"run": MARK}]]))  # in order: the last to be answered
                end = time.monotonic() + PATIENCE
                while time.monotonic() < end:  # a mutated run may be a long one: leave it
                    message = client.receive()
                    self.answers += message[0] == 1
                    if message[0] == 1 and message[1] == MARK:
                        break
            except (pipe_client.Lost, ConnectionError, BrokenPipeError):
                pass  # the host closes after what it cannot understand, or when all is said

    def check(self):
        if self.run() != self.expected:
            raise SystemExit("the client beside got another result")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--seed", type=int, default=None)
    arguments = parser.parse_args()
    seed = arguments.seed if arguments.seed is not None else int(time.time())
    with host.Host(arguments.program, "--threads", "2") as server:
        fuzz = Fuzz(server, seed)
        end = time.monotonic() + arguments.seconds
        try:
            while time.monotonic() < end:
                fuzz.one()
                if fuzz.sessions % 25 == 0:
                    fuzz.check()
            fuzz.check()
            fuzz.beside.close()
            code = server.end()
        except BaseException as e:
            code = "%s: %s" % (type(e).__name__, e)
        print("seed %d: %d sessions, %d answers" % (seed, fuzz.sessions, fuzz.answers))
        if code != 0:
            print("FAULT", code, server.errors()[-6000:])
            with open("/tmp/fuzz_server.bytes", "wb") as f:
                f.write(b"".join(fuzz.last))
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
