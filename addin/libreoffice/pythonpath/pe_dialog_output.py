"""Add Output: marks the selected cells as results that the next run reports.

Scripts give Cells and Name, or Remove, and see no dialog.
"""
import pe_dialog_cells as cells_of
import pe_dialog_toolkit as toolkit
import pe_document
import pe_settings
from pe_dialog_texts import T

REMOVE = 2  # how the dialog ends when the output is to be removed


def execute(context, frame, arguments):
    """The command add-output."""
    document = pe_document.document_of(frame)
    cells = cells_of.asked_for(frame, arguments, pe_settings.OUTPUT, T.OUTPUT_UNDO_REMOVE)
    if not cells:
        return
    cells = usable(document, cells)
    names = proposed(document, cells)
    if arguments.get("Cells"):
        name = arguments.get("Name", "")
        entries = [(cell, name if len(cells) == 1 and name else proposal)
                   for cell, proposal in zip(cells, names)]
        pe_settings.set_outputs(document, entries, T.OUTPUT_UNDO)
        return
    ask(context, frame, document, cells, names)


def usable(document, cells):
    """The cells that hold formulas; Problem where none does."""
    formulas = [cell for cell in cells if cells_of.kind_of(document, cell) == cells_of.FORMULA]
    if formulas:
        return formulas
    empty = cells_of.kind_of(document, cells[0]) == cells_of.EMPTY
    text = T.OUTPUT_EMPTY if empty else T.OUTPUT_NO_FORMULA
    raise pe_document.Problem(text % pe_settings.address_of(cells[0]))


def proposed(document, cells):
    """The names that the cells have in the settings, else by the rules."""
    names = cells_of.names_of(document, cells)
    standing = {row.cell: row.name for row in pe_settings.read(document)
                if pe_settings.is_kind(row, pe_settings.OUTPUT) and row.name}
    return [standing.get(cell, name) for cell, name in zip(cells, names)]


def ask(context, frame, document, cells, names):
    """Shows the dialog and does what was asked for."""
    several = len(cells) > 1
    address = cells_of.short(cells[0])
    title = (T.OUTPUT_CELLS % (len(cells), address) if several
             else T.OUTPUT_ONE_CELL % (address, cells_of.at(document, cells[0]).getString()))
    marked = any(pe_settings.settings_of_cell(document, pe_settings.OUTPUT, cell)
                 for cell in cells)
    d = toolkit.Dialog(context, frame, T.OUTPUT_TITLE, 260, 128 if several else 84)
    d.label("title", title, (6, 6, 248, 10), FontWeight=toolkit.BOLD)
    if several:
        d.label("name_label", T.OUTPUT_NAMES, (6, 20, 248, 10))
        d.edit("name", "\n".join(names), (6, 31, 248, 52), MultiLine=True, VScroll=True)
    else:
        d.label("name_label", T.INPUT_NAME, (6, 23, 34, 10))
        d.edit("name", names[0], (42, 20, 212, 14))
    d.label("help", T.OUTPUT_HELP, (6, d.height - 44, 248, 18), MultiLine=True,
            TextColor=toolkit.GREY)
    if marked:
        d.button("remove", T.OUTPUT_REMOVE, (6, d.height - 19, 76, 14))
    d.closing_buttons(T.OK, T.CANCEL)
    try:
        d.open()
        if marked:
            d.on("remove", "action", lambda event: d.control.endDialog(REMOVE))
        result = d.execute()
        typed = d["name"].Text
    finally:
        d.close()
    if result == REMOVE:
        pe_settings.remove(document, pe_settings.OUTPUT, cells, T.OUTPUT_UNDO_REMOVE)
    elif result == toolkit.OK:
        lines = typed.split("\n") if several else [typed]
        entries = [(cell, lines[i].strip() if i < len(lines) and lines[i].strip() else names[i])
                   for i, cell in enumerate(cells)]
        pe_settings.set_outputs(document, entries, T.OUTPUT_UNDO)
