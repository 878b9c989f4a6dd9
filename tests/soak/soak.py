"""Many clients at once on one host: runs whose results are known, disconnects at any byte, garbage,
slow readers. No result may be lost or mixed, and the host's memory comes back.

    soak.py PROGRAM [--clients 16] [--runs 1000] [--seconds 0]
"""
import argparse
import random
import sys
import threading
import time

import host
import pipe_client

MODEL = {(0, 0): 10.0, (0, 1): "=RiskNormal(A1,2)", (1, 1): "=RiskPert(1,A1/5,A1)",
         (0, 2): '=B1*2+RiskOutput("R")', (1, 2): '=B2+C1+RiskOutput("S")'}
TRIALS = 500
MEMORY_SHARE = 1.05


def with_start(start):
    cells = dict(MODEL)
    cells[0, 0] = start
    return cells


def expected_means(client):
    """The reference: what one quiet client gets, by A1 and seed."""
    known = {}
    for start in (10.0, 11.0, 12.0, 13.0):
        book = client.book({"Sheet1": with_start(start)})
        for seed in range(1, 6):
            known[start, seed] = outputs_of(run_of(client, book, seed))
        client.call("workbook.close", book=book)
    return known


def run_of(client, book, seed):
    return client.call("simulate", book=book, settings={"trials": TRIALS, "seed": seed})


def outputs_of(run):
    return [(o["name"], o["statistics"]) for o in run["outputs"]]


class Soak:
    def __init__(self, server, known, runs, seconds):
        self.server, self.known = server, known
        self.lock = threading.Lock()
        self.left, self.done, self.wrong, self.cut = runs, 0, [], 0
        self.end = time.monotonic() + seconds if seconds else None

    def take(self):
        with self.lock:
            if self.end is not None:
                return time.monotonic() < self.end
            self.left -= 1
            return self.left >= 0

    def fault(self, text):
        with self.lock:
            self.wrong.append(text)

    def work(self, seed):
        dice = random.Random(seed)
        while True:
            acts = [self.good, self.good, self.good, self.edited, self.slow, self.leaves,
                    self.garbage, self.cancelled]
            act = dice.choice(acts)
            if not self.take():
                return
            try:
                act(dice)
            except Exception as e:  # whatever it is, it is a finding
                self.fault("%s: %s: %s" % (act.__name__, type(e).__name__, e))

    def check(self, run, start, seed):
        if outputs_of(run) != self.known[start, seed]:
            self.fault("seed %d of %g: %r" % (seed, start, outputs_of(run)))
        with self.lock:
            self.done += 1

    def good(self, dice):
        with self.server.client() as client:
            start = dice.choice((10.0, 11.0, 12.0, 13.0))
            book = client.book({"Sheet1": with_start(start)})
            for seed in dice.sample(range(1, 6), 2):
                run = run_of(client, book, seed)
                self.check(run, start, seed)
            if len(client.pages(run)) != len(run["pages"]):
                self.fault("pages are missing")

    def edited(self, dice):
        """One book, edited between runs; requests sent ahead of their replies."""
        with self.server.client() as client:
            book = client.book({"Sheet1": MODEL})
            asked = []
            for _ in range(4):
                start, seed = dice.choice((10.0, 11.0, 12.0, 13.0)), dice.randrange(1, 6)
                client.send("workbook.update", book=book,
                            sheets=[pipe_client.rectangle(0, {(0, 0): start})])
                asked.append((start, seed, client.send(
                    "simulate", book=book, settings={"trials": TRIALS, "seed": seed})))
            for start, seed, request in asked:
                self.check(client.wait(request), start, seed)

    def slow(self, dice):
        with self.server.client() as client:
            book = client.book({"Sheet1": MODEL})
            run = run_of(client, book, 1)
            requests = [client.send("page", run=run["run"], page=i % len(run["pages"]))
                        for i in range(60)]
            time.sleep(dice.uniform(0.1, 0.6))
            for i, request in enumerate(requests):
                page = client.wait(request)
                if page["name"] != run["pages"][i % len(run["pages"])]["name"]:
                    self.fault("another page came")
            self.check(run, 10.0, 1)

    def leaves(self, dice):
        """A whole session's bytes, cut anywhere."""
        token = pipe_client.endpoint_of(self.server.socket)["token"]
        part = dict(pipe_client.rectangle(0, MODEL), book=1)
        messages = [[0, 1, "hello", [{"version": 1, "token": token, "client": "leaves"}]],
                    [0, 2, "workbook.begin", [{"name": "m", "application": "x", "dialect": "excel",
                                               "semantics": "excel",
                                               "sheets": [{"name": "Sheet1"}]}]],
                    [0, 3, "workbook.sheet", [part]],
                    [0, 4, "workbook.end", [{"book": 1}]],
                    [0, 5, "simulate", [{"book": 1, "settings": {"trials": 20000}}]],
                    [0, 6, "inspect", [{"book": 1}]],
                    [0, 7, "page", [{"run": 1, "page": 0}]]]
        data = b"".join(pipe_client.frame(m) for m in messages)
        client = self.server.client(hello=False)
        client.socket.sendall(data[:dice.randrange(len(data) + 1)])
        if dice.random() < 0.3:
            time.sleep(dice.uniform(0, 0.02))
        client.close()
        with self.lock:
            self.cut += 1

    def garbage(self, dice):
        client = self.server.client(hello=dice.random() < 0.5)
        try:
            client.socket.sendall(bytes(dice.randrange(256) for _ in range(dice.randrange(1, 400))))
            if dice.random() < 0.5:
                client.socket.settimeout(0.05)
                client.socket.recv(1000)
        except OSError:
            pass  # the host may close at any of these bytes
        client.close()

    def cancelled(self, dice):
        with self.server.client() as client:
            book = client.book({"Sheet1": MODEL})
            request = client.send("simulate", book=book, settings={"trials": 50000000})
            time.sleep(dice.uniform(0, 0.1))
            client.notify("cancel", request=request)
            try:
                client.wait(request)
                self.fault("a cancelled run had a result")
            except pipe_client.Failure as e:
                if e.code != "cancelled":
                    self.fault("cancelled: " + str(e))
            self.check(run_of(client, book, 2), 10.0, 2)


def settled(server):
    """Resident memory once no session is left."""
    with server.client() as client:
        end = time.monotonic() + 30
        while client.call("status")["sessions"] > 1 and time.monotonic() < end:
            time.sleep(0.05)
    time.sleep(1)  # then the host's threads have been renewed
    return server.resident()


def round_of(server, known, arguments, seed):
    soak = Soak(server, known, arguments.runs, arguments.seconds)
    threads = [threading.Thread(target=soak.work, args=(seed * 1000 + i,))
               for i in range(arguments.clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return soak


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=0)
    parser.add_argument("--no-memory", action="store_true", help="do not compare memory")
    arguments = parser.parse_args()
    with host.Host(arguments.program, "--threads", "2") as server:
        with server.client() as client:
            known = expected_means(client)
        # Memory settles once every thread and arena has been used: what counts is the second round.
        first = round_of(server, known, arguments, 1)
        before = settled(server)
        soak = round_of(server, known, arguments, 2)
        after = settled(server)
        faults = first.wrong + soak.wrong
        alive = server.alive()
        code = server.end() if alive else server.process.returncode
        if code != 0:
            faults.append("the host ended with %s: %s" % (code, server.errors()[-3000:]))
        if not arguments.no_memory and after > before * MEMORY_SHARE:
            faults.append("memory grew from %d to %d KiB" % (before >> 10, after >> 10))
    print("%d acts of %d clients at once: %d runs checked, %d sessions cut; memory %d KiB, then %d"
          % (2 * arguments.runs, arguments.clients, first.done + soak.done, first.cut + soak.cut,
             before >> 10, after >> 10))
    for fault in faults[:20]:
        print("FAULT", fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
