"""Run Simulation: the live document to the host, the dialog, the run, its pages as sheets.

The office's thread reads and writes the document; a worker thread waits for the host. Invariant:
until a run has ended well, or was stopped, nothing in the document has changed.

The dialog is pe_dialog_run.choose(context, frame, session, inspection, chosen): inspection is the
host's reply to inspect, chosen what the dispatch's arguments gave, {"settings": as in PROTOCOL.md,
"name": text, "new_document": bool}. It returns the same kind of dict, or None: nothing is run.
session.request(method, params) asks the host, e.g. inspect with other settings;
session.book is the workbook there.
"""
import json
import time

import pe_document
import pe_pages
import pe_progress
import pe_session

# Names of the dispatch's arguments and of settings: numbers, texts.
NUMBERS = (("Trials", "trials"), ("Seed", "seed"), ("Now", "now"))
LISTS = (("Freeze", "freeze"), ("Ignore", "ignore"))


def execute(context, frame, arguments):
    """Runs the simulation of the frame's document. Arguments for scripts: Trials, Seed (a number
    or "new"), Sampling, Now, Outputs ("Sheet1!B7;Sheet1!B9"), OutputsAll, Inputs
    ("Sheet1!B3=pert(1,2,5)", one per line), Freeze, Ignore, Name, NewDocument, Quiet, StopAfter
    and CancelAfter (seconds), Details (the result is JSON: the host's reply and the seconds of
    each part)."""
    document = pe_document.document_of(frame)
    session = pe_session.of(context, document)
    chosen = {"settings": settings_of(arguments), "name": str(arguments.get("Name", "")),
              "new_document": bool(arguments.get("NewDocument"))}
    if session.live is not None:
        session.live.stop()
    try:
        result = run(context, frame, session, chosen, arguments)
    finally:
        if session.live is not None:
            session.live.go_on()
    if result is None:
        return "cancelled"
    return json.dumps(result) if arguments.get("Details") else result["line"]


def run(context, frame, session, chosen, arguments):
    """Sends the document, asks what to run, runs it, writes the sheets. Returns the host's reply
    with the sentence for the status bar and the seconds that each part took; None: cancelled."""
    start = time.perf_counter()
    seconds = {}
    quiet = bool(arguments.get("Quiet"))
    limits = (arguments.get("StopAfter"), arguments.get("CancelAfter"))

    def lap(name):
        nonlocal start
        now = time.perf_counter()
        seconds[name] = now - start
        start = now

    session.send()
    lap("send")
    seconds["reading"] = session.snapshot.reading
    if not quiet:
        import pe_dialog_run
        inspection = session.request("inspect", {"book": session.book,
                                                 "settings": chosen["settings"]})
        chosen = pe_dialog_run.choose(context, frame, session, inspection, chosen)
        if chosen is None:
            return None
        lap("dialog")
    message = {"book": session.book, "settings": chosen["settings"]}
    if chosen["name"]:
        message["name"] = chosen["name"]
    task = pe_progress.run(context, frame, session, message, quiet, limits)
    lap("simulate")
    if task.cancelled:
        return None
    session.ran(task.reply, chosen)
    reason = pe_pages.why_new_document(session.document, chosen["new_document"])
    target = pe_pages.write(context, frame, session.document, task.pages, reason is not None)
    lap("write")
    line = " ".join(text for text in (task.reply["line"], reason) if text)
    pe_document.status_line(target, line)
    return dict(task.reply, line=line, parts=seconds)


def settings_of(arguments):
    """The dispatch's arguments as the host's settings."""
    settings = {}
    for name, key in NUMBERS:
        if name in arguments:
            value = arguments[name]
            settings[key] = value if key == "now" or isinstance(value, str) else int(value)
    if "Sampling" in arguments:
        settings["sampling"] = str(arguments["Sampling"])
    if "Outputs" in arguments:
        settings["outputs"] = [{"cells": cell} for cell in listed(arguments["Outputs"], ";")]
    if arguments.get("OutputsAll"):
        settings["outputs_all"] = True
    if "Inputs" in arguments:
        pairs = [line.partition("=") for line in listed(arguments["Inputs"], "\n")]
        settings["inputs"] = [{"cell": cell.strip(), "formula": formula.strip()}
                              for cell, _, formula in pairs]
    for name, key in LISTS:
        if name in arguments:
            settings[key] = listed(arguments[name], ";")
    return settings


def listed(value, separator):
    """A text or a sequence of texts as a list."""
    items = value.split(separator) if isinstance(value, str) else value
    return [str(item).strip() for item in items if str(item).strip()]
