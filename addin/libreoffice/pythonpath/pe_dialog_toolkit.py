"""Dialogs built of UNO controls: places in dialog units, so that they fit any font and resolution.

Controls are added in the order of the keyboard's tab key. Labels carry the accelerator (~) of the
field that is added next. Invariant: a dialog is disposed of once, whatever happens inside; without
a display, execute() returns CANCEL at once.
"""
import traceback

import uno
import unohelper
from com.sun.star.awt import (XActionListener, XItemListener, XKeyListener, XMouseListener,
                              XTextListener)
from com.sun.star.awt.grid import XGridSelectionListener

import pe_document

OK, CANCEL = 1, 0
MODELS = "com.sun.star.awt.UnoControl%sModel"
POSITION = 3  # com.sun.star.awt.PosSize: X and Y
OK_BUTTON, CANCEL_BUTTON = 1, 2  # com.sun.star.awt.PushButtonType
RED, GREY = 0xB3261E, 0x57606A
BOLD = 150.0
SPACE_KEY, ENTER_KEY = 1284, 1280  # com.sun.star.awt.Key


class _Listener(unohelper.Base, XActionListener, XTextListener, XItemListener, XKeyListener,
                XMouseListener, XGridSelectionListener):
    """Passes the events it is made for to one function; the rest is ignored. A failure inside must
    not reach the toolkit: it is kept for the dialog's caller."""

    def __init__(self, dialog, function, *events):
        self.dialog, self.function, self.events = dialog, function, events

    def _pass(self, kind, event):
        if kind not in self.events:
            return
        try:
            self.function(event)
        except Exception as error:
            self.dialog.fail(error)

    def actionPerformed(self, event):
        self._pass("action", event)

    def textChanged(self, event):
        self._pass("text", event)

    def itemStateChanged(self, event):
        self._pass("item", event)

    def keyPressed(self, event):
        self._pass("key", event)

    def mousePressed(self, event):
        self._pass("mouse", event)

    def selectionChanged(self, event):
        self._pass("selection", event)

    def keyReleased(self, event):
        pass

    def mouseReleased(self, event):
        pass

    def mouseEntered(self, event):
        pass

    def mouseExited(self, event):
        pass

    def disposing(self, event):
        pass


class Dialog:
    """One dialog. Fill it with the add methods, then call open(), then execute()."""

    def __init__(self, context, frame, title, width, height):
        self.context, self.frame = context, frame
        self.width, self.height = width, height
        self.error = None
        self.model = pe_document.service(context, "com.sun.star.awt.UnoControlDialogModel")
        self.model.Title = title
        self.model.Width, self.model.Height = width, height
        self.model.Moveable = self.model.Closeable = True
        self.control = None
        self._tab = 0

    def add(self, kind, name, place, **properties):
        """place: (x, y, width, height). Returns the control's model."""
        model = self.model.createInstance(kind if "." in kind else MODELS % kind)
        model.Name = name
        model.PositionX, model.PositionY, model.Width, model.Height = place
        if model.getPropertySetInfo().hasPropertyByName("TabIndex"):
            model.TabIndex = self._tab
        self._tab += 1
        for key, value in properties.items():
            setattr(model, key, value)
        self.model.insertByName(name, model)
        return model

    def label(self, name, text, place, **properties):
        """Only a text with ~ has a key: the toolkit would find one for any other too."""
        return self.add("FixedText", name, place, Label=text, NoLabel="~" not in text,
                        **properties)

    def heading(self, name, text, place):
        return self.add("FixedLine", name, place, Label=text, FontWeight=BOLD)

    def edit(self, name, text, place, **properties):
        return self.add("Edit", name, place, Text=text, **properties)

    def button(self, name, text, place, **properties):
        return self.add("Button", name, place, Label=text, **properties)

    def check(self, name, text, place, state, **properties):
        return self.add("CheckBox", name, place, Label=text, State=1 if state else 0, **properties)

    def list(self, name, items, place, **properties):
        return self.add("ListBox", name, place, StringItemList=tuple(items), Dropdown=True,
                        LineCount=18, **properties)

    def closing_buttons(self, ok, cancel, ok_width=50, cancel_width=50):
        """The row at the bottom right: OK answers Enter, Cancel answers Escape."""
        y = self.height - 19
        left = self.width - 6 - cancel_width
        if ok:
            self.button("ok", ok, (left - 4 - ok_width, y, ok_width, 14), DefaultButton=True,
                        PushButtonType=OK_BUTTON)
        self.button("cancel", cancel, (left, y, cancel_width, 14), PushButtonType=CANCEL_BUTTON)

    def grid(self, name, columns, place, **properties):
        """columns: (title, width, right-aligned) each. Returns the model."""
        model = self.add("com.sun.star.awt.grid.UnoControlGridModel", name, place,
                         ShowColumnHeader=True, ShowRowHeader=False, VScroll=True, HScroll=False,
                         **properties)
        column_model = pe_document.service(self.context,
                                           "com.sun.star.awt.grid.DefaultGridColumnModel")
        for title, width, right in columns:
            column = column_model.createColumn()
            column.Title = title
            column.ColumnWidth = width
            column.Flexibility = width
            if right:
                column.HorizontalAlign = uno.Enum("com.sun.star.style.HorizontalAlignment",
                                                  "RIGHT")
            column_model.addColumn(column)
        model.ColumnModel = column_model
        model.GridDataModel = pe_document.service(self.context,
                                                  "com.sun.star.awt.grid.DefaultGridDataModel")
        return model

    def __getitem__(self, name):
        """A control's model."""
        return self.model.getByName(name)

    def part(self, name):
        """A control, once the dialog is open."""
        return self.control.getControl(name)

    def open(self):
        """Makes the window, not yet shown."""
        self.control = pe_document.service(self.context, "com.sun.star.awt.UnoControlDialog")
        self.control.setModel(self.model)
        self.control.setVisible(False)
        toolkit = pe_document.service(self.context, "com.sun.star.awt.Toolkit")
        parent = pe_document.peer_of(self.context, self.frame)
        self.control.createPeer(toolkit, parent)
        if parent is not None:
            self._centre(parent.getPosSize())

    def _centre(self, parent):
        """In the middle of the parent window, or at its corner where it is smaller."""
        size = self.control.getPosSize()
        self.control.setPosSize(max(0, (parent.Width - size.Width) // 2),
                                max(0, (parent.Height - size.Height) // 3), 0, 0, POSITION)

    def on(self, name, event, function):
        """event: action, text, item, key, mouse, selection."""
        part = self.part(name)
        listener = _Listener(self, function, event)
        {"action": lambda: part.addActionListener(listener),
         "text": lambda: part.addTextListener(listener),
         "item": lambda: part.addItemListener(listener),
         "key": lambda: part.addKeyListener(listener),
         "mouse": lambda: part.addMouseListener(listener),
         "selection": lambda: part.addSelectionListener(listener)}[event]()

    def fail(self, error):
        """An event's function failed: the dialog ends and its caller learns why."""
        if self.error is None:
            self.error = error
            self.error.detail = traceback.format_exc()
        self.control.endDialog(CANCEL)

    def execute(self):
        """Shows the dialog until it is closed. OK or CANCEL."""
        result = self.control.execute()
        if self.error is not None:
            raise self.error
        return result

    def close(self):
        """Needed once after open(), whatever happened."""
        if self.control is not None:
            self.control.dispose()
            self.control = None


def add_rows(model, rows):
    """Fills a grid made by Dialog.grid."""
    data = model.GridDataModel
    data.removeAllRows()
    if rows:
        data.addRows(tuple(str(i + 1) for i in range(len(rows))), tuple(tuple(r) for r in rows))


def picture(context, data):
    """A graphic of the bytes of an SVG or PNG file."""
    stream = pe_document.service(context, "com.sun.star.io.SequenceInputStream",
                                 uno.ByteSequence(data))
    provider = pe_document.service(context, "com.sun.star.graphic.GraphicProvider")
    name = uno.createUnoStruct("com.sun.star.beans.PropertyValue")
    name.Name, name.Value = "InputStream", stream
    return provider.queryGraphic((name,))
