"""Live mode, off by default: after a first run an edit simulates again in the background.

Changed cells are collected, sent a moment after the last edit, and simulated in a worker thread; a
newer edit cancels a run that has become stale. Result sheets change only when the user asks for it
(Refresh Results), or after each run where that was switched on. Invariant: the document is read and
written by the office's thread alone; the worker talks to the host alone.
"""
import threading
import time

import pe_document
import pe_marks
import pe_pages
import pe_progress
import pe_session
import pe_snapshot
import unohelper
from com.sun.star.awt import XCallback
from com.sun.star.frame import FeatureStateEvent
from com.sun.star.util import XChangesListener, XModifyListener

QUIET_SECONDS = 0.3   # after the last edit
RETRY_SECONDS = 0.05  # until a stale run has ended
CELL_CHANGE, LOOKS = "cell-change", "attribute"
SAME_SECONDS = 0.02   # a change and the document's being modified are told within so much
RANGES_MAX = 200      # more: the whole document is sent


def toggle(context, frame, arguments):
    """Switches live mode. Arguments for scripts: On; Refresh: sheets follow by themselves."""
    document = pe_document.document_of(frame)
    session = pe_session.of(context, document)
    wanted = bool(arguments["On"]) if "On" in arguments else session.live is None
    if wanted and session.last is None:
        raise pe_document.Problem("Run the simulation once: live mode repeats that run.")
    if wanted and session.live is None:
        session.live = Live(context, frame, session, bool(arguments.get("Refresh")))
    elif not wanted and session.live is not None:
        session.live.end()
        session.live = None
    tell(frame)
    return "on" if wanted else "off"


def refresh(context, frame, _arguments):
    """Writes the newest results to their sheets."""
    document = pe_document.document_of(frame)
    session = pe_session.of(context, document)
    if session.live is None:
        raise pe_document.Problem("Live mode is off: press Run Simulation for new results.")
    return session.live.refresh()


# ---- the menu's tick: (listener, frame, url, source) of each place that shows it

_watchers = []


def is_on(frame):
    """Whether live mode is on for the frame's document."""
    try:
        document = pe_document.document_of(frame)
    except pe_document.Problem:
        return False
    session = pe_session.known(document)
    return session is not None and session.live is not None


def listen(frame, listener, url, source):
    """A menu or toolbar that shows whether live mode is on."""
    _watchers.append((listener, frame, url, source))


def forget(frame, listener):
    """The end of listen."""
    _watchers[:] = [w for w in _watchers if w[0] != listener or w[1] != frame]


def tell(frame):
    """Tells menus and toolbars of the frame."""
    for listener, shown, url, source in list(_watchers):
        if shown == frame:
            event = FeatureStateEvent()
            event.Source, event.FeatureURL, event.IsEnabled = source, url, True
            event.State = is_on(frame)
            listener.statusChanged(event)


class Live(unohelper.Base, XChangesListener, XModifyListener, XCallback):
    """Live mode of one document."""

    def __init__(self, context, frame, session, follow):
        self.context, self.frame, self.session = context, frame, session
        self.document = session.document
        self.follow = follow
        self.task = None       # the newest run, also while it computes
        self.fresh = None      # a finished run whose pages are not on the sheets yet
        self.failed = None     # why the newest run has no results
        self.paused = False    # while we write
        self._areas = []       # (sheet name, row, column, rows, columns) edited since
        self._unknown = False  # something changed that is no cell's content
        self._told = []        # when changes were told
        self._modified = []    # when the document was modified
        self._timer = None
        self._worker = None
        self.document.addChangesListener(self)
        self.document.addModifyListener(self)

    # ---- events of the office's thread

    def changesOccurred(self, event):
        if self.paused:
            return
        self._told.append(time.monotonic())
        for change in event.Changes:
            place = change.ReplacedElement
            if change.Accessor == LOOKS:
                continue
            if change.Accessor != CELL_CHANGE or not hasattr(place, "getRangeAddress"):
                self._unknown = True
                continue
            sheet, address = place.getSpreadsheet(), place.getRangeAddress()
            if pe_marks.key_of(sheet) is None:
                self._areas.append((sheet.getName(), address.StartRow, address.StartColumn,
                                    address.EndRow - address.StartRow + 1,
                                    address.EndColumn - address.StartColumn + 1))
        self._arm(QUIET_SECONDS)

    def modified(self, _event):
        if not self.paused and self.document.isModified():
            self._modified.append(time.monotonic())
            self._arm(QUIET_SECONDS)

    def disposing(self, _event):
        self._timer_off()

    def _timer_off(self):
        timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()

    def _arm(self, seconds):
        self._timer_off()
        self._timer = threading.Timer(seconds, self._call)
        self._timer.daemon = True
        self._timer.start()

    def _call(self):
        """In a worker: has notify() called by the office's thread."""
        pe_document.service(self.context, "com.sun.star.awt.AsyncCallback").addCallback(self, None)

    def notify(self, _data):
        """In the office's thread: what is due."""
        if self.session.live is not self:
            return
        try:
            self._due()
        except Exception as error:  # nobody waits for it: the status bar tells, and refresh()
            self.failed = error
            pe_document.status_line(self.frame, "Live mode: %s" % error)

    def _due(self):
        if self._worker is not None and not self._worker.is_alive():
            self._worker.join()
            self._worker = None
            self._ended()
        if not self._edited():
            return
        if self._worker is not None:
            self.task.cancel()
            self._arm(RETRY_SECONDS)
            return
        self._send()
        self._start()

    def _edited(self):
        """Whether anything was, since it was sent."""
        self._unknown = self._unknown or any(
            not any(abs(moment - told) < SAME_SECONDS for told in self._told)
            for moment in self._modified)  # undo, sorting and macros change cells without a word
        self._told, self._modified = [], []
        return bool(self._areas or self._unknown)

    # ---- a run

    def _send(self):
        areas, unknown = self._areas, self._unknown
        self._areas, self._unknown = [], False
        snapshot = self.session.snapshot
        if unknown or snapshot is None or len(areas) > RANGES_MAX or \
                any(area[0] not in snapshot.sheets for area in areas):
            self.session.send()
            return
        parts = pe_snapshot.parts(self.document, snapshot, areas)
        if parts is None:
            self.session.send()
        else:
            self.session.request("workbook.update", {"book": snapshot.book, "sheets": parts})

    def _start(self):
        chosen = self.session.last[1]
        message = {"book": self.session.book, "settings": chosen["settings"]}
        self.failed = None
        self.task = task = pe_progress.Task(self.session, message)

        def work():
            task.work()
            self._call()

        self._worker = threading.Thread(target=work, name="Power Engine live")
        self._worker.start()
        pe_document.status_line(self.frame, "Live mode: simulating ...")

    def _ended(self):
        task = self.task
        if task.cancelled:
            return
        if task.failure is not None:
            raise task.failure
        self.fresh = task
        if self.follow:
            self._show()
        else:
            pe_document.status_line(self.frame, task.reply["line"] +
                                    " Power Engine > Refresh Results shows it.")

    def refresh(self):
        """Writes the results of what stands in the document now: simulates what was edited a moment
        ago, and waits for a run that computes."""
        if self._edited():
            self._timer_off()
            self._abandon()
            self._send()
            self._start()
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.join()
            self._ended()
        return self._show()

    def _show(self):
        task, self.fresh = self.fresh, None
        failed, self.failed = self.failed, None
        if failed is not None:
            raise pe_document.Problem(str(failed))
        if task is None:
            return "nothing new"
        chosen = self.session.last[1]
        self.session.ran(task.reply, chosen)
        self.paused = True
        try:
            pe_pages.write(self.context, self.frame, self.document, task.pages,
                           pe_pages.why_new_document(self.document, False) is not None,
                           jump=False)
        finally:
            self.paused = False
        pe_document.status_line(self.frame, task.reply["line"])
        return task.reply["line"]

    def _abandon(self):
        """Ends a run whose results nobody wants; the connection is free."""
        if self._worker is not None:
            self.task.cancel()
            self._worker.join()
            self._worker = None

    def stop(self):
        """Before a run that the user started: what was collected is moot, as that run sends
        everything."""
        self._timer_off()
        self._abandon()
        self._areas, self._told, self._modified = [], [], []
        self._unknown, self.fresh, self.failed = False, None, None
        self.paused = True

    def go_on(self):
        """After that run."""
        self.paused = False

    def end(self):
        """Live mode is switched off."""
        self.stop()
        self.document.removeChangesListener(self)
        self.document.removeModifyListener(self)
