"""What every command needs of a Calc document: sheets, addresses, undo, locking, messages.

Invariant: whatever is locked, entered or opened here is undone on the way out, also after an error.
"""
import os
import re
import threading

import uno
from com.sun.star.awt.MessageBoxType import ERRORBOX, INFOBOX, QUERYBOX, WARNINGBOX

LIKE_A_CELL = re.compile(r"([A-Z]{1,3}[0-9]+|R[0-9]*(C[0-9]*)?|C[0-9]*)$", re.IGNORECASE)
EXTENSION = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


class Problem(Exception):
    """Something the user can do something about; its text is for the user."""


def document_of(frame):
    """The spreadsheet that a frame shows."""
    controller = frame.getController() if frame is not None else None
    document = controller.getModel() if controller is not None else None
    if document is None or not document.supportsService("com.sun.star.sheet.SpreadsheetDocument"):
        raise Problem("Open a spreadsheet first: Power Engine works on Calc documents.")
    return document


def service(context, name, *arguments):
    """An instance of a service of the office."""
    manager = context.getServiceManager()
    if arguments:
        return manager.createInstanceWithArgumentsAndContext(name, arguments, context)
    return manager.createInstanceWithContext(name, context)


def configuration(context, path):
    """A node of the office's settings, to read."""
    provider = service(context, "com.sun.star.configuration.ConfigurationProvider")
    argument = uno.createUnoStruct("com.sun.star.beans.NamedValue", "nodepath", path)
    return provider.createInstanceWithArguments(
        "com.sun.star.configuration.ConfigurationAccess", (argument,))


def application(context):
    """"LibreOffice/7.4.7.2"."""
    node = configuration(context, "/org.openoffice.Setup/Product")
    name, about = node.getByName("ooName"), node.getByName("ooSetupVersionAboutBox")
    return "%s/%s" % (name, about)


def peer_of(context, frame):
    """The window that a dialog or message belongs to; None where there is none (headless)."""
    window = frame.getContainerWindow() if frame is not None else None
    return window


def message(context, frame, kind, text, buttons=1, title="Power Engine"):
    """Shows a message; returns the button (0 cancel, 1 OK, 2 yes, 3 no)."""
    toolkit = service(context, "com.sun.star.awt.Toolkit")
    box = toolkit.createMessageBox(peer_of(context, frame), kind, buttons, title, text)
    try:
        return box.execute()
    finally:
        box.dispose()


def show_error(context, frame, text, detail=""):
    """Tells the user what went wrong and what to do."""
    message(context, frame, ERRORBOX, text + ("\n\n" + detail if detail else ""))


def show_warning(context, frame, text):
    """Tells the user something worth knowing."""
    message(context, frame, WARNINGBOX, text)


def show_information(context, frame, text):
    """Tells the user what was done."""
    message(context, frame, INFOBOX, text)


def ask(context, frame, text):
    """Asks yes or no."""
    return message(context, frame, QUERYBOX, text, 3) == 2


STATUS_SECONDS = 20.0


def status_line(frame, text):
    """Writes one line into the status bar, for a while: the bar has other things to show."""
    if frame is None:
        return
    indicator = frame.createStatusIndicator()
    indicator.start(text, 0)
    timer = threading.Timer(STATUS_SECONDS, _end, (indicator,))
    timer.daemon = True
    timer.start()


def _end(indicator):
    try:
        indicator.end()
    except Exception:  # the window is gone, and its status bar with it
        return


def column_name(column):
    """0: A, 26: AA."""
    name = ""
    column += 1
    while column > 0:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return name


def column_number(letters):
    """A: 0, AA: 26."""
    column = 0
    for letter in letters.upper():
        column = column * 26 + ord(letter) - 64
    return column - 1


def quote_sheet(name):
    """A sheet's name as it stands in a reference: quoted where it must be."""
    plain = name.isascii() and name.replace("_", "a").replace(".", "a").isalnum()
    if plain and not name[0].isdigit() and not LIKE_A_CELL.match(name):
        return name
    return "'" + name.replace("'", "''") + "'"


def address_text(sheet_name, row, column):
    """'My Sheet'!B7, rows and columns from 0."""
    return "%s!%s%d" % (quote_sheet(sheet_name), column_name(column), row + 1)


def short_address(text, most):
    """An address to be shown where there is little room: of a long sheet's name the beginning."""
    sheet, mark, cell = text.rpartition("!")
    if len(text) <= most or not mark:
        return text
    end = "\u2026'" if sheet.startswith("'") else "\u2026"
    return sheet[:max(3, most - len(cell) - 1 - len(end))].rstrip() + end + mark + cell


def parse_address(text):
    """"'My Sheet'!$B$7" gives ("My Sheet", 6, 1); raises ValueError. The first cell of a range."""
    sheet, _, cell = text.rpartition("!")
    if sheet.startswith("'") and sheet.endswith("'"):
        sheet = sheet[1:-1].replace("''", "'")
    cell = cell.split(":")[0].replace("$", "")
    letters = cell.rstrip("0123456789")
    if not letters.isalpha() or not cell[len(letters):]:
        raise ValueError(text)
    return sheet, int(cell[len(letters):]) - 1, column_number(letters)


def select_cell(frame, address):
    """Shows the cell "Sheet1!B7" in the frame; False where there is no such cell."""
    document = document_of(frame)
    try:
        name, row, column = parse_address(address)
        sheet = document.getSheets().getByName(name)
        cell = sheet.getCellByPosition(column, row)
    except Exception:  # an address that is no longer there is no reason to fail
        return False
    controller = frame.getController()
    controller.setActiveSheet(sheet)
    controller.select(cell)
    return True


def selected_cell(frame):
    """The cell under the cursor: (sheet, row, column)."""
    document = document_of(frame)
    selection = document.getCurrentSelection()
    if selection is None or not hasattr(selection, "getRangeAddress"):
        if selection is not None and hasattr(selection, "getRangeAddresses"):
            address = selection.getRangeAddresses()[0]
        else:
            raise Problem("Select a cell first.")
    else:
        address = selection.getRangeAddress()
    return (document.getSheets().getByIndex(address.Sheet), address.StartRow, address.StartColumn)


# Context managers are classes here: contextlib's cannot pass on an exception of the office's.


class one_undo_step:  # pylint: disable=invalid-name
    """Everything inside is one step of Undo; a failure inside undoes what was done so far."""

    def __init__(self, document, title):
        self.undo = document.getUndoManager()
        self.title = title

    def __enter__(self):
        self.undo.enterUndoContext(self.title)

    def __exit__(self, kind, *_):
        self.undo.leaveUndoContext()
        if kind is not None and self.undo.isUndoPossible() and \
                self.undo.getCurrentUndoActionTitle() == self.title:
            self.undo.undo()


class locked:  # pylint: disable=invalid-name
    """Screen updates and automatic calculation wait until everything inside is written."""

    def __init__(self, document):
        self.document = document
        self.automatic = document.isAutomaticCalculationEnabled()

    def __enter__(self):
        self.document.lockControllers()
        if self.automatic:
            self.document.enableAutomaticCalculation(False)

    def __exit__(self, *_):
        if self.automatic:
            self.document.enableAutomaticCalculation(True)
        self.document.unlockControllers()
