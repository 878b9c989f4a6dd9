#!/usr/bin/python3
"""What only a screen shows: the boxes that come by themselves, in a LibreOffice on a virtual
screen.

    test_screen.py POWER_ENGINE OXT

The texts are read, and the buttons pressed, through LibreOffice's own accessibility interface.
"""
import os
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import office  # noqa: E402
import uno  # noqa: E402

COLUMN = uno.Enum("com.sun.star.sheet.TableOperationMode", "COLUMN")
PUSH_BUTTON = 44  # com.sun.star.accessibility.AccessibleRole
WAIT_SECONDS = 20.0
results = []


def check(name, right, detail=""):
    results.append(bool(right))
    print("%s %s%s" % ("ok    " if right else "FAILED", name, "" if right else ": %s" % (detail,)))


class Screen:
    """Xvfb, with a number that is free."""

    def __enter__(self):
        read, write = os.pipe()
        self.server = subprocess.Popen(
            ["Xvfb", "-displayfd", str(write), "-screen", "0", "1280x800x24"],
            pass_fds=(write,), stderr=subprocess.DEVNULL)
        return ":" + os.read(read, 16).decode().strip()

    def __exit__(self, *_):
        self.server.terminate()
        self.server.wait()


def parts_of(context):
    """The accessible contexts in a window, itself first."""
    yield context
    for index in range(min(context.getAccessibleChildCount(), 50)):
        yield from parts_of(context.getAccessibleChild(index).getAccessibleContext())


def box(running, title):
    """The parts of the box with this title; None where there is none."""
    toolkit = running.service("com.sun.star.awt.Toolkit")
    for index in range(toolkit.getTopWindowCount()):
        window = toolkit.getTopWindow(index)
        context = window.getAccessibleContext() if hasattr(window, "getAccessibleContext") else None
        if context is not None and context.getAccessibleName() == title:
            return list(parts_of(context))
    return None


def during(running, function):
    """(text of the box that the function brings up, whether it then ended); text None: no box."""
    worker = threading.Thread(target=function)
    worker.start()
    deadline = time.monotonic() + WAIT_SECONDS
    parts = None
    while parts is None and worker.is_alive() and time.monotonic() < deadline:
        time.sleep(0.2)
        parts = box(running, "Power Engine")
    if parts is None:
        worker.join(WAIT_SECONDS)
        return None, not worker.is_alive()
    text = " ".join(part.getAccessibleName() for part in parts)
    button = next(part for part in parts if part.getAccessibleRole() == PUSH_BUTTON)
    button.doAccessibleAction(0)
    worker.join(WAIT_SECONDS)
    return text, not worker.is_alive()


def test_saving(running, folder):
    """A document with a data table, saved for Excel: a warning, once; for Calc: none."""
    document = running.open()
    place = document.getSheets().getByIndex(0).getCellRangeByName
    for name, formula in (("A1", "10"), ("A2", "=A1*2"), ("C2", "5"), ("C3", "20")):
        place(name).setFormula(formula)
    corner = place("A1").getCellAddress()
    place("C2:D3").setTableOperation(place("A2:A2").getRangeAddress(), COLUMN, corner, corner)

    def save_as(ending, name):
        document.storeAsURL("file://" + os.path.join(folder, "table." + ending),
                            office.properties(FilterName=name))

    text, ended = during(running, lambda: save_as("ods", "calc8"))
    check("no box for an .ods", text is None and ended, text)
    text, ended = during(running, lambda: save_as("xlsx", "Calc MS Excel 2007 XML"))
    check("a box for an .xlsx: %s" % text, text and "Sheet1!D2 is part of a data table" in text)
    check("it goes, and the file is saved",
          ended and os.path.getsize(os.path.join(folder, "table.xlsx")) > 0)
    place("A1").setValue(11)
    text, ended = during(running, document.store)
    check("not again", text is None and ended, text)
    document.close(True)


def test_refusal(running):
    """A command that cannot be done says so in a box."""
    document = running.open()
    frame = document.getCurrentController().getFrame()
    text, ended = during(running, lambda: running.dispatcher.executeDispatch(
        frame, "vnd.power-engine:remove-results", "_self", 0, ()))
    check("a box: %s" % text, ended and text and "There are no result sheets" in text)
    document.close(True)


def main():
    program, oxt = os.path.abspath(sys.argv[1]), sys.argv[2]
    with tempfile.TemporaryDirectory(prefix="pe-screen-") as folder, Screen() as display:
        environment = {"DISPLAY": display, "SAL_USE_VCLPLUGIN": "gen", "XDG_RUNTIME_DIR": folder,
                       "PATH": os.path.dirname(program) + ":" + os.environ["PATH"]}
        with office.Office(oxt, environment, ("--nofirststartwizard",)) as running:
            test_saving(running, folder)
            test_refusal(running)
        subprocess.run([program, "stop"], env=dict(os.environ, **environment),
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    print("%d of %d" % (sum(results), len(results)))
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
