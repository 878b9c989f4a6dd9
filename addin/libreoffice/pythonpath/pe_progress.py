"""A run in a worker thread, with a window that shows how far it is, Stop and Cancel.

Invariant: the worker calls the host and never the document; the office's thread waits in the
window's own event loop, or, where there is no screen, for the worker.
"""
import threading
import time

import pe_dialog_toolkit
import pe_document
import pe_session


class Task:
    """One simulate request and the pages that it makes."""

    def __init__(self, session, message):
        self.session = session
        self.message = message
        self.reply = None       # of simulate
        self.pages = []         # all of them, whole
        self.failure = None     # an exception for the office's thread
        self.cancelled = False
        self.stopped = False
        self.progress = {}      # the last progress notification
        self.done = threading.Event()
        self._request = 0       # id of the request that computes

    def work(self):
        """In the worker: asks, collects, and says that it has ended, whatever happens."""
        try:
            self.reply = self.session.request("simulate", self.message, progress=self._note,
                                              started=self._started)
            for head in self.reply["pages"]:
                if self.cancelled:
                    break
                self.pages.append(self.session.page(self.reply["run"], head["page"]))
        except pe_session.Cancelled:
            self.cancelled = True
        except Exception as error:  # told to the user by the office's thread
            self.failure = error
        finally:
            self.done.set()

    def _started(self, request):
        self._request = request
        if self.cancelled:
            self.session.notify("cancel", {"request": request})

    def _note(self, progress):
        self.progress = progress

    def stop(self):
        """Ends the run early with the trials done. Any thread."""
        self.stopped = True
        if self._request:
            self.session.notify("stop", {"request": self._request})

    def cancel(self):
        """Ends the run; nothing is kept. Any thread."""
        self.cancelled = True
        if self._request:
            self.session.notify("cancel", {"request": self._request})


QUICK_SECONDS = 0.3  # a run that is done by then shows no window
TICK_SECONDS = 0.1
STAGES = {"parse": "Reading the formulas", "check": "Recalculating the workbook to check it",
          "compile": "Preparing the simulation", "simulate": "Simulating",
          "statistics": "Preparing the results"}


def lines_of(progress):
    """(percent, upper line, lower line) for a progress notification."""
    stage = progress.get("stage", "")
    done, total = progress.get("done", 0), progress.get("total", 0)
    percent = int(100 * done / total) if total else 0
    upper = STAGES.get(stage, stage.capitalize() or "Starting")
    if stage != "simulate" or not total:
        return percent, upper + " ...", ""
    upper = "%s of %s trials" % (format(done, ",d"), format(total, ",d"))
    lower = []
    if progress.get("per_second"):
        lower.append("%s trials per second" % format(int(progress["per_second"]), ",d"))
    if progress.get("seconds_left") is not None:
        lower.append("%s left" % time_text(progress["seconds_left"]))
    return percent, upper, ", ".join(lower)


def time_text(seconds):
    """5 s, 2 min 10 s, 3 h 5 min."""
    seconds = max(0, int(seconds + 0.5))
    if seconds < 60:
        return "%d s" % seconds
    if seconds < 3600:
        return "%d min %d s" % divmod(seconds, 60)
    return "%d h %d min" % (seconds // 3600, seconds % 3600 // 60)


class _Window:
    """The progress window: shown by the office's thread, moved by a thread of its own."""

    def __init__(self, context, frame, task):
        self.task = task
        self.left = False
        dialog = self.dialog = pe_dialog_toolkit.Dialog(context, frame, "Run Simulation", 190, 70)
        dialog.label("upper", "Starting ...", (8, 7, 174, 10))
        dialog.add("ProgressBar", "bar", (8, 20, 174, 10), ProgressValueMin=0,
                   ProgressValueMax=100, ProgressValue=0)
        dialog.label("lower", "", (8, 34, 174, 10))
        dialog.button("stop", "~Stop and Report", (62, 50, 66, 14),
                      HelpText="Ends the run and shows the trials done so far")
        dialog.button("cancel", "Cancel", (132, 50, 50, 14), HelpText="Ends; nothing is written")
        dialog.open()
        dialog.on("stop", "action", lambda _: self._end(task.stop, "Stopping ..."))
        dialog.on("cancel", "action", lambda _: self._end(task.cancel, "Cancelling ..."))

    def _end(self, function, text):
        self.dialog["lower"].Label = text
        self.dialog["stop"].Enabled = False
        function()

    def tick(self):
        """In its own thread: moves the bar until the task is done, then closes the window."""
        while not self.left:
            if self.task.done.wait(TICK_SECONDS):
                self.dialog.control.endDialog(pe_dialog_toolkit.OK)
                time.sleep(TICK_SECONDS)
            else:
                percent, upper, lower = lines_of(self.task.progress)
                self.dialog["upper"].Label = upper
                self.dialog["bar"].ProgressValue = percent
                if not (self.task.stopped or self.task.cancelled):
                    self.dialog["lower"].Label = lower

    def show(self):
        ticker = threading.Thread(target=self.tick, name="Power Engine progress")
        ticker.start()
        try:
            start = time.monotonic()
            self.dialog.execute()
            # Closed by its own cross or by Escape: that is Cancel. Without a screen execute()
            # returns at once; then there is nobody to press anything.
            if not self.task.done.is_set() and time.monotonic() - start > TICK_SECONDS:
                self.task.cancel()
        finally:
            self.left = True
            self.task.done.wait()
            ticker.join()
            self.dialog.close()


def _show(context, frame, task):
    if not task.done.wait(QUICK_SECONDS):
        _Window(context, frame, task).show()


def run(context, frame, session, message, quiet):
    """Runs to the end; a Task, whose pages are complete unless it was cancelled."""
    task = Task(session, message)
    worker = threading.Thread(target=task.work, name="Power Engine")
    worker.start()
    try:
        if not quiet and frame is not None:
            _show(context, frame, task)
    except Exception:
        task.cancel()
        raise
    finally:
        worker.join()
    if task.failure is not None:
        if isinstance(task.failure, pe_document.Problem):
            raise task.failure
        raise pe_document.Problem(str(task.failure)) from task.failure
    return task
