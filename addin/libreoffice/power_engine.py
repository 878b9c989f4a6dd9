"""The component that LibreOffice loads: commands vnd.power-engine:* from menu, toolbar and scripts.

Each command is a function execute(context, frame, arguments) in a module of its own; arguments is
a dict of the dispatch's property values, by which a script does what a person does in a dialog.
Every failure ends here: as a message for the user, or, with Quiet, as the dispatch's result.
"""
import importlib
import traceback

import unohelper
from com.sun.star.frame import DispatchResultEvent, FeatureStateEvent, XDispatchProvider
from com.sun.star.frame import XNotifyingDispatch
from com.sun.star.lang import XInitialization, XServiceInfo
from com.sun.star.task import XJob

IMPLEMENTATION = "org.powerengine.calc.Dispatch"
DOCUMENT_JOB = "org.powerengine.calc.DocumentJob"
SPREADSHEET = "com.sun.star.sheet.SpreadsheetDocument"
PROTOCOL = "vnd.power-engine:"

# Command: module and function.
COMMANDS = {
    "run": ("pe_run", "execute"),
    "define-input": ("pe_dialog_input", "execute"),
    "add-output": ("pe_dialog_output", "execute"),
    "settings": ("pe_dialog_settings", "execute"),
    "remove-results": ("pe_remove", "execute"),
    "results": ("pe_live", "refresh"),
    "live": ("pe_live", "toggle"),
}


def values_of(arguments):
    """Property values as a dict."""
    return {argument.Name: argument.Value for argument in arguments}


def run_command(context, frame, name, arguments):
    """Runs one command. Returns (succeeded, text)."""
    import pe_document
    quiet = bool(arguments.get("Quiet"))
    try:
        module, function = COMMANDS[name]
        result = getattr(importlib.import_module(module), function)(context, frame, arguments)
        return True, result if isinstance(result, str) else ""
    except pe_document.Problem as problem:
        if not quiet:
            pe_document.show_error(context, frame, str(problem))
        return False, str(problem)
    except Exception as error:  # whatever it is, the office must go on and the user must know
        text = "Power Engine failed: %s" % (str(error).strip() or type(error).__name__)
        trace = traceback.format_exc()
        if not quiet:  # the last calls are enough for a report, and fit the screen
            pe_document.show_error(context, frame, text, "\n".join(trace.splitlines()[-9:]))
        return False, text + "\n" + trace


class Dispatch(unohelper.Base, XDispatchProvider, XNotifyingDispatch, XInitialization,
               XServiceInfo):
    """One per frame: the office makes it when it first meets one of our commands there."""

    def __init__(self, context):
        self.context = context
        self.frame = None

    def initialize(self, arguments):
        if arguments:
            self.frame = arguments[0]

    def queryDispatch(self, url, target, flags):
        known = url.Complete.startswith(PROTOCOL) and command_of(url) in COMMANDS
        return self if known else None

    def queryDispatches(self, requests):
        return tuple(self.queryDispatch(r.FeatureURL, r.FrameName, r.SearchFlags)
                     for r in requests)

    def dispatch(self, url, arguments):
        run_command(self.context, self.frame, command_of(url), values_of(arguments))

    def dispatchWithNotification(self, url, arguments, listener):
        done, text = run_command(self.context, self.frame, command_of(url), values_of(arguments))
        if listener is not None:
            state = 1 if done else 0  # DispatchResultState: SUCCESS, FAILURE
            listener.dispatchFinished(DispatchResultEvent(self, state, text))

    def addStatusListener(self, listener, url):
        event = FeatureStateEvent()
        event.Source = self
        event.FeatureURL = url
        event.IsEnabled = True
        event.Requery = False
        if command_of(url) == "live":
            import pe_live
            event.State = pe_live.is_on(self.frame)
            pe_live.listen(self.frame, listener, url, self)
        listener.statusChanged(event)

    def removeStatusListener(self, listener, url):
        if command_of(url) == "live":
            import pe_live
            pe_live.forget(self.frame, listener)

    def getImplementationName(self):
        return IMPLEMENTATION

    def supportsService(self, name):
        return name in self.getSupportedServiceNames()

    def getSupportedServiceNames(self):
        return ("com.sun.star.frame.ProtocolHandler",)


class DocumentJob(unohelper.Base, XJob, XServiceInfo):
    """Called after a spreadsheet was loaded or saved, see Jobs.xcu."""

    def __init__(self, context):
        self.context = context

    def execute(self, arguments):
        given = {value.Name: value.Value for argument in arguments
                 if argument.Name == "Environment" for value in argument.Value}
        document = given.get("Model")
        try:
            if document is None or not document.supportsService(SPREADSHEET):
                return
            if given.get("EventName") == "OnLoad":
                import pe_bare
                pe_bare.loaded(self.context, document)
            else:
                import pe_save
                pe_save.saved(self.context, document)
        except Exception:  # it is loaded or saved; a courtesy that fails is no reason to say else
            traceback.print_exc()

    def getImplementationName(self):
        return DOCUMENT_JOB

    def supportsService(self, name):
        return name in self.getSupportedServiceNames()

    def getSupportedServiceNames(self):
        return ("com.sun.star.task.Job",)


def command_of(url):
    """The command's name in a parsed or unparsed URL."""
    return url.Complete[len(PROTOCOL):].split("?")[0]


g_ImplementationHelper = unohelper.ImplementationHelper()
g_ImplementationHelper.addImplementation(Dispatch, IMPLEMENTATION,
                                         ("com.sun.star.frame.ProtocolHandler",))
g_ImplementationHelper.addImplementation(DocumentJob, DOCUMENT_JOB, ("com.sun.star.task.Job",))
