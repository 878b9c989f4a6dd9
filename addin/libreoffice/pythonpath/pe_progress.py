"""A run in a worker thread, which a window (pe_dialog_progress) shows, stops and cancels.

Invariant: the worker calls the host and never the document; the office's thread waits in the
window's own event loop, or, where there is no screen, for the worker.
"""
import threading

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


def run(context, frame, session, message, quiet, limits):
    """Runs to the end; a Task, whose pages are complete unless it was cancelled. limits: seconds
    after which a script has the run stopped and cancelled, None for each that it does not."""
    task = Task(session, message)
    timers = [threading.Timer(seconds, function)
              for seconds, function in zip(limits, (task.stop, task.cancel)) if seconds is not None]
    worker = threading.Thread(target=task.work, name="Power Engine")
    for thread in (worker, *timers):
        thread.start()
    try:
        if not quiet and frame is not None:
            import pe_dialog_progress
            pe_dialog_progress.show(context, frame, task)
    except Exception:
        task.cancel()
        raise
    finally:
        worker.join()
        for timer in timers:
            timer.cancel()
    if task.failure is not None:
        if isinstance(task.failure, pe_document.Problem):
            raise task.failure
        raise pe_document.Problem(str(task.failure)) from task.failure
    return task
