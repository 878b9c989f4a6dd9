"""Settings: the document's defaults for runs, live mode, and how the host is doing.

Scripts give Trials, Seed or Sampling and see no dialog.
"""
import pe_dialog_run
import pe_dialog_toolkit as toolkit
import pe_document
import pe_settings
from pe_dialog_host import host_of
from pe_dialog_texts import T


def execute(context, frame, arguments):
    """The command settings."""
    document = pe_document.document_of(frame)
    given = {key.lower(): arguments[key] for key in ("Trials", "Seed", "Sampling")
             if key in arguments}
    if given:
        chosen = dict(pe_settings.choices(document), **given)
        pe_settings.remember(document, chosen, None, T.SETTINGS_UNDO)
        return
    dialog = SettingsDialog(context, frame, document)
    try:
        dialog.run()
    finally:
        dialog.dialog.close()


class SettingsDialog:
    """The window and what it knows."""

    def __init__(self, context, frame, document):
        self.context, self.frame, self.document = context, frame, document
        self.rows = pe_settings.read(document)
        self.sheet = pe_settings.sheet_of(document)
        self.broken = pe_settings.broken(document)
        self.live = live_mode(frame)
        self.dialog = toolkit.Dialog(context, frame, T.SETTINGS_TITLE, 270, 212)
        self._build()

    def _build(self):
        d, now = self.dialog, pe_settings.choices(self.document)
        d.heading("document", T.SETTINGS_DOCUMENT, (6, 6, 258, 10))
        d.label("trials_label", T.RUN_TRIALS, (12, 23, 46, 10))
        d.edit("trials", str(now["trials"]), (60, 20, 64, 14))
        d.label("seed_label", T.RUN_SEED, (12, 42, 46, 10))
        d.edit("seed", str(now["seed"]), (60, 39, 64, 14))
        d.button("new_seed", T.RUN_NEW_SEED, (128, 39, 34, 14))
        d.label("sampling_label", T.RUN_SAMPLING, (12, 61, 46, 10))
        d.list("sampling", T.RUN_SAMPLINGS, (60, 58, 102, 14),
               SelectedItems=(pe_dialog_run.SAMPLINGS.index(now["sampling"]),))
        d.label("counts", self._counts(), (12, 77, 252, 18), MultiLine=True,
                TextColor=toolkit.GREY)
        shown = self.sheet is not None and self.sheet.IsVisible
        d.button("show", T.SETTINGS_HIDE if shown else T.SETTINGS_SHOW, (12, 96, 80, 14),
                 Enabled=self.sheet is not None)
        if self.broken:
            d.button("clean", T.SETTINGS_CLEAN, (96, 96, 80, 14))
        d.heading("live_heading", T.SETTINGS_LIVE_HEADING, (6, 117, 258, 10))
        d.check("live", T.SETTINGS_LIVE, (12, 130, 252, 11), bool(self.live),
                Enabled=self.live is not None)
        d.heading("host_heading", T.SETTINGS_HOST, (6, 148, 258, 10))
        d.label("host", self._host_line(), (12, 160, 252, 18), MultiLine=True)
        d.label("problem", "", (6, 181, 130, 26), MultiLine=True, TextColor=toolkit.RED)
        d.closing_buttons(T.OK, T.CANCEL)

    def _counts(self):
        inputs, outputs = (sum(pe_settings.is_kind(row, kind) for row in self.rows)
                           for kind in (pe_settings.INPUT, pe_settings.OUTPUT))
        parts = [T.SETTINGS_COUNTS % (inputs, outputs)]
        if self.broken:
            parts.append(T.SETTINGS_BROKEN % len(self.broken))
        return " ".join(parts + [T.SETTINGS_SAVED_IN])

    def _host_line(self):
        try:
            status = host_of(self.context, self.document).call("status", {})
        except pe_document.Problem as problem:
            return str(problem)
        memory = "%.0f MB" % ((status.get("memory_bytes") or 0) / 1e6)
        return T.SETTINGS_HOST_LINE % (status.get("version"), status.get("pid"),
                                       status.get("sessions"), status.get("jobs_running"), memory)

    def run(self):
        """Shows the dialog and does what was decided."""
        d = self.dialog
        d.open()
        for name in ("trials", "seed"):
            d.on(name, "text", lambda event: self._update())
        d.on("new_seed", "action", lambda event: self._new_seed())
        d.on("show", "action", lambda event: self._show())
        if self.broken:
            d.on("clean", "action", lambda event: self._clean())
        if d.execute() == toolkit.OK and self._update():
            chosen = {"trials": self._count("trials"), "seed": self._count("seed"),
                      "sampling": pe_dialog_run.SAMPLINGS[max(0, d["sampling"].SelectedItems[0])]}
            pe_settings.remember(self.document, chosen, None, T.SETTINGS_UNDO)
            if self.live is not None and bool(d["live"].State) != self.live:
                toggle_live(self.context, self.frame)

    def _count(self, name):
        return pe_dialog_run.count_of(self.dialog[name].Text)

    def _update(self):
        """Says what is wrong; True where nothing is."""
        problem = pe_dialog_run.problem_of_counts(self._count("trials"), self._count("seed"))
        self.dialog["problem"].Label = problem
        self.dialog.part("ok").setEnable(not problem)
        return not problem

    def _new_seed(self):
        self.dialog["seed"].Text = str(pe_dialog_run.new_seed())

    def _show(self):
        """Shows or hides the settings sheet at once: it stands behind the dialog."""
        self.sheet.IsVisible = not self.sheet.IsVisible
        if self.sheet.IsVisible:
            self.frame.getController().setActiveSheet(self.sheet)
        self.dialog["show"].Label = (T.SETTINGS_HIDE if self.sheet.IsVisible
                                     else T.SETTINGS_SHOW)

    def _clean(self):
        pe_settings.remove_rows(self.document, self.broken, T.SETTINGS_UNDO)
        self.broken, self.rows = [], pe_settings.read(self.document)
        self.dialog["counts"].Label = self._counts()
        self.dialog.part("clean").setVisible(False)


def live_mode(frame):
    """True, False; None where live mode is not there."""
    try:
        import pe_live
    except ImportError:
        return None
    return bool(pe_live.is_on(frame))


def toggle_live(context, frame):
    """Switches live mode as the menu does."""
    import pe_live
    pe_live.toggle(context, frame, {})
