"""How far a run is: a bar, trials a second, time left; Stop reports what is done, Cancel nothing.

The office's thread shows the window and writes into it; a thread of its own only asks it to, ten
times a second. Without a display the window is gone at once, and the run is waited for.
"""
import threading

import pe_dialog_toolkit as toolkit
import pe_document
import unohelper
from com.sun.star.awt import XCallback
from pe_dialog_run import duration
from pe_dialog_texts import T

PATIENCE_SECONDS = 0.4  # a run that is done by then shows no window
TICK_SECONDS = 0.1
BAR_MAX = 1000


def show(context, frame, task):
    """Returns when the task is done, or cancelled by the person."""
    if task.done.wait(PATIENCE_SECONDS):
        return
    window = ProgressWindow(context, frame, task)
    try:
        window.run()
    finally:
        window.dialog.close()
    task.done.wait()


class _Tick(unohelper.Base, XCallback):
    """Brings a call to the office's thread."""

    def __init__(self, function):
        self.function = function

    def notify(self, data):
        self.function()


class ProgressWindow:
    """The window of one run."""

    def __init__(self, context, frame, task):
        self.context, self.task = context, task
        self.ended = threading.Event()
        self.shown = False  # the office's event loop has run: there is a person
        self.dialog = d = toolkit.Dialog(context, frame, T.PROGRESS_TITLE, 230, 70)
        d.label("stage", T.PROGRESS_START, (6, 6, 218, 10), FontWeight=toolkit.BOLD)
        d.add("ProgressBar", "bar", (6, 19, 218, 10), ProgressValueMin=0,
              ProgressValueMax=BAR_MAX, ProgressValue=0)
        d.label("line", "", (6, 33, 218, 10), TextColor=toolkit.GREY)
        d.button("stop", T.PROGRESS_STOP, (92, 51, 78, 14), HelpText=T.PROGRESS_STOP_HELP,
                 Enabled=False)
        d.button("cancel", T.CANCEL, (174, 51, 50, 14), PushButtonType=toolkit.CANCEL_BUTTON)

    def run(self):
        """Until the task is done or the person had enough."""
        d = self.dialog
        d.open()
        d.on("stop", "action", lambda event: self._stop())
        callback = pe_document.service(self.context, "com.sun.star.awt.AsyncCallback")
        ticker = threading.Thread(target=self._ticks, args=(callback, _Tick(self._update)))
        ticker.start()
        try:
            d.execute()
        finally:
            self.ended.set()
            ticker.join()
        if self.shown and not self.task.done.is_set():
            self.task.cancel()

    def _ticks(self, callback, tick):
        while not self.ended.wait(TICK_SECONDS):
            callback.addCallback(tick, None)

    def _update(self):
        """In the office's thread: shows the last progress, or ends the window."""
        if self.ended.is_set():
            return
        self.shown = True
        if self.task.done.is_set():
            self.ended.set()
            self.dialog.control.endDialog(toolkit.OK)
            return
        progress = self.task.progress or {}
        stage = progress.get("stage", "")
        if not self.task.stopped:
            text = T.PROGRESS_STAGES.get(stage, T.PROGRESS_OTHER) if stage else T.PROGRESS_START
            self.dialog["stage"].Label = text
            self.dialog["stop"].Enabled = stage == "simulate"
        total, done = progress.get("total") or 0, progress.get("done") or 0
        self.dialog["bar"].ProgressValue = int(BAR_MAX * min(1.0, done / total)) if total else 0
        self.dialog["line"].Label = "" if self.task.stopped else line_of(progress)

    def _stop(self):
        self.dialog["stage"].Label = T.PROGRESS_STOPPING
        self.dialog["stop"].Enabled = False
        self.task.stop()


def line_of(progress):
    """"12,288 of 100,000 trials, 35,000 trials a second, about 3 seconds left"."""
    if progress.get("stage") != "simulate" or not progress.get("total"):
        return ""
    parts = [T.PROGRESS_TRIALS % ("{:,}".format(progress.get("done") or 0),
                                  "{:,}".format(progress["total"]))]
    if progress.get("per_second"):
        parts.append(T.PROGRESS_PACE % "{:,.0f}".format(progress["per_second"]))
    if progress.get("seconds_left") is not None:
        parts.append(T.PROGRESS_LEFT % duration(progress["seconds_left"]))
    return ", ".join(parts)
