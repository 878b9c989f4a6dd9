#!/usr/bin/env python3
"""test_windows.py: the Windows program under wine against the Linux one: the same numbers to the
last bit, files with names in any language, results over results, the host and its pipe.
    test_windows.py WINE LINUX_PROGRAM WINDOWS_PROGRAM CLIENT_PROBE
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

WINE, LINUX, WINDOWS, PROBE = sys.argv[1:5]
SAMPLES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "samples")
# What a run measures, and not what it computes.
MEASURED = ("timings", "memory_peak_bytes", "trials_per_second", "command", "workbook", "threads")


def environment(folder):
    e = dict(os.environ, WINEPREFIX=os.path.join(folder, "prefix"), WINEDEBUG="-all")
    e.pop("DISPLAY", None)
    return e


class Machine:
    def __init__(self, folder):
        self.folder, self.environment = folder, environment(folder)

    def windows(self, *arguments, program=WINDOWS, code=0):
        """Output goes to files: wine's services and the host would hold the end of a pipe."""
        paths = [os.path.join(self.folder, name) for name in ("out", "err")]
        with open(paths[0], "wb") as out, open(paths[1], "wb") as err:
            done = subprocess.run([WINE, program, *arguments], cwd=self.folder, timeout=120,
                                  env=self.environment, stdin=subprocess.DEVNULL, stdout=out,
                                  stderr=err)
        read = [open(path, "rb").read() for path in paths]
        assert done.returncode == code, (arguments, done.returncode, read[1])
        return read[0]

    def linux(self, *arguments):
        done = subprocess.run([LINUX, *arguments], cwd=self.folder, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=120)
        assert done.returncode == 0, (arguments, done.returncode, done.stderr)
        return done.stdout


def without_measured(x):
    if isinstance(x, dict):
        return {k: without_measured(v) for k, v in x.items() if k not in MEASURED}
    return [without_measured(v) for v in x] if isinstance(x, list) else x


def same_numbers(machine):
    for name in sorted(os.listdir(SAMPLES)):
        if not name.endswith((".xlsx", ".ods")):
            continue
        shutil.copy(os.path.join(SAMPLES, name), machine.folder)
        run = ("run", name, "--trials", "3000", "--seed", "7", "--now", "2026-03-01", "--quiet",
               "--json", "-")
        ours, theirs = (json.loads(f(*run)) for f in (machine.windows, machine.linux))
        ours, theirs = without_measured(ours), without_measured(theirs)
        assert ours == theirs, name
        assert b"\r" not in machine.windows("inspect", name), name
        machine.windows("check", name, "--quiet")
        print("same numbers:", name, flush=True)


def files(machine):
    """A name beyond ASCII; results written over older ones; CSV as bytes."""
    name = "Größe µ 日本.xlsx"
    shutil.copy(os.path.join(SAMPLES, "inventory.xlsx"), os.path.join(machine.folder, name))
    run = ("run", name, "--trials", "2000", "--seed", "3", "--now", "2026-03-01", "--quiet")
    for _ in range(2):
        machine.windows(*run, "-o", "Ergebnis ü.xlsx", "--csv", "ü.csv")
    machine.linux(*run, "--csv", "reference.csv")
    read = [open(os.path.join(machine.folder, n), "rb").read() for n in ("ü.csv", "reference.csv")]
    assert read[0] == read[1]
    assert os.path.getsize(os.path.join(machine.folder, "Ergebnis ü.xlsx")) > 5000
    assert not [n for n in os.listdir(machine.folder) if n.endswith(".part")]
    print("files", flush=True)


def host(machine):
    machine.windows("status", code=1)
    machine.windows("serve", "--idle-exit", "60")
    machine.windows("serve")  # another: it is there already
    status = machine.windows("status").decode()
    assert status.startswith("power-engine "), status
    machine.windows("stop")
    time.sleep(1)
    machine.windows("status", code=1)
    print("serve, status, stop", flush=True)


def add_in(machine):
    workbook = os.path.join(machine.folder, "inventory.xlsx")
    machine.windows("stop", code=1)
    lines = machine.windows("Z:" + WINDOWS.replace("/", "\\"), "Z:" + workbook.replace("/", "\\"),
                            "2000", program=PROBE).decode().split("\n")
    got = [[float(x) for x in line.split()[:2]] for line in lines if line.strip()]
    got = [None if row[0] != row[0] else row for row in got]  # an output of texts has no mean
    report = json.loads(machine.linux("run", workbook, "--trials", "2000", "--seed", "1", "--quiet",
                                      "--json", "-"))
    wanted = [o["mean"] and [o["mean"], o["sd"]] for o in report["outputs"]]
    assert got == wanted + wanted, (got, wanted)
    print("an add-in: start, simulate, lost, start again")


def main():
    folder = tempfile.mkdtemp(prefix="power-engine-windows-")
    machine = Machine(folder)
    try:
        for test in (same_numbers, files, host, add_in):
            test(machine)
    finally:
        subprocess.run([os.path.join(os.path.dirname(WINE), "wineserver"), "-k"],
                       env=machine.environment, check=False)
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
