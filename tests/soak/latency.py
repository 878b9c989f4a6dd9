"""How soon a cancel is answered, at any moment of a large book's first run; and that the host works
on. The book is a chain of rows, sent whole.

    latency.py PROGRAM [--formulas 1000000] [--cancels 20] [--limit 0.2]
"""
import argparse
import random
import sys
import time

import host
import pipe_client

COLUMNS = 20


def send_book(client, formulas):
    """Rows of COLUMNS formulas, each row from the one above; the first holds the draws."""
    rows = formulas // COLUMNS
    book = client.call("workbook.begin", name="large", application="latency", dialect="excel",
                       semantics="excel", sheets=[{"name": "Sheet1"}])["book"]
    letters = "ABCDEFGHIJKLMNOPQRST"
    step = 10000 // COLUMNS * 10
    for first in range(0, rows, step):
        count = min(step, rows - first)
        formulas = ["=RiskNormal(100,%d)" % (c + 1) if r == 0 else
                    "=%s%d*0.999+%s%d*0.001" % (letters[c], r, letters[(c + 1) % COLUMNS], r)
                    for r in range(first, first + count) for c in range(COLUMNS)]
        client.call("workbook.sheet", book=book, sheet=0, row=first, column=0, rows=count,
                    columns=COLUMNS, values=[pipe_client.OMITTED] * len(formulas),
                    formulas=formulas)
    client.call("workbook.end", book=book)
    return book, "Sheet1!A%d" % rows


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--formulas", type=int, default=1000000)
    parser.add_argument("--cancels", type=int, default=20)
    parser.add_argument("--limit", type=float, default=0.2)
    arguments = parser.parse_args()
    dice, worst, wound_down, stages = random.Random(1), 0, 0, set()
    with host.Host(arguments.program) as server, server.client(timeout=600) as client:
        book, output = send_book(client, arguments.formulas)
        settings = {"trials": 1000, "outputs": [{"cells": output}]}
        start = time.monotonic()
        client.call("simulate", book=book, settings=settings)
        whole = time.monotonic() - start
        for i in range(arguments.cancels):
            # Another draw of A1: nothing of the last run holds, and a job is made anew.
            client.call("workbook.update", book=book, sheets=[pipe_client.rectangle(
                0, {(0, 0): ("=RiskNormal(%d,1)" % (i + 50), pipe_client.OMITTED)})])
            del client.progress[:]
            request = client.send("simulate", book=book, settings=settings)
            client.socket.settimeout(600)
            time.sleep(whole * (i + dice.random()) / arguments.cancels)
            start = time.monotonic()
            client.notify("cancel", request=request)
            try:
                client.wait(request)
                continue  # it was done before
            except pipe_client.Failure as e:
                if e.code != "cancelled":
                    raise
            worst = max(worst, time.monotonic() - start)
            stages.update(p["stage"] for _, p in client.progress[-1:])
            client.call("workbook.update", book=book, sheets=[])  # waits until it has wound down
            wound_down = max(wound_down, time.monotonic() - start)
        client.call("simulate", book=book, settings=settings)
        peak = server.resident() >> 20
    print("%d formulas, first run %.2f s; cancel answered within %.0f ms, wound down within "
          "%.2f s, in %s; host %d MiB" % (arguments.formulas, whole, worst * 1000, wound_down,
                                  ", ".join(sorted(stages)), peak))
    return 0 if worst <= arguments.limit else 1


if __name__ == "__main__":
    sys.exit(main())
