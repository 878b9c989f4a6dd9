"""What a person types into a field and what the host reads: numbers in the user's language, lists,
formulas with references; and back.

A parameter becomes two texts: constant, in Excel's grammar with the references' present values in
place, for the shape and the check; and live, in the grammar of Cell.setFormula with every reference
absolute and with its sheet, where it has references.
"""
import uno

import pe_document
from pe_dialog_texts import T

PUSH, BAD = 0, 14  # opcodes: a value or reference; what the parser did not know
COLUMN_RELATIVE, ROW_RELATIVE, SHEET_RELATIVE, SHEET_3D = 1, 4, 16, 64  # ReferenceFlags
GONE = 2 | 8 | 32                                                       # deleted column, row, sheet
CALC_A1, EXCEL_A1, AS_TYPED = 0, 3, -1                                  # AddressConvention
PERCENT, DATE = 128, 2                                                  # NumberFormat
SINGLE = "com.sun.star.sheet.SingleReference"
COMPLEX = "com.sun.star.sheet.ComplexReference"


class Parameter:
    """constant: Excel's grammar. live: None without references. number: None unless a plain
    number."""

    def __init__(self, constant, live=None, number=None, own=None, drawable=True):
        self.constant, self.live, self.number = constant, live, number
        self.own = own          # the formula as it stands in the input's own sheet
        self.drawable = drawable


def excel_number(x):
    """The shortest text that is the same number."""
    text = repr(float(x))
    return text[:-2] if text.endswith(".0") else text


class Figures:
    """Numbers to be read, in the user's language."""

    def __init__(self, context):
        self.supplier = pe_document.service(context, "com.sun.star.util.NumberFormatsSupplier")
        self.formatter = pe_document.service(context, "com.sun.star.util.NumberFormatter")
        self.formatter.attachNumberFormatsSupplier(self.supplier)

    def formatted(self, code, x):
        """By an English format code that no document need know."""
        formats = self.supplier.getNumberFormats()
        english = uno.createUnoStruct("com.sun.star.lang.Locale", "en", "US", "")
        key = formats.queryKey(code, english, False)
        if key < 0:
            key = formats.addNewConverted(code, english,
                                          uno.createUnoStruct("com.sun.star.lang.Locale"))
        return self.formatter.convertNumberToString(key, x)

    def figure_of(self, x):
        """Five digits that count, thousands apart."""
        if x != 0 and not 1e-4 <= abs(x) < 1e12:
            code = "0.000E+00"
        else:
            whole = len("%d" % abs(x))
            places = max(0, 5 - whole) if abs(x) >= 1 else 5
            code = "#,##0" + ("." + "#" * places if places else "")
        return self.formatted(code, x).rstrip(".,")


class Values:
    """Reads and writes values as the user of this document does."""

    def __init__(self, context, document, cell):
        """cell: the one whose number format and place count."""
        self.document, self.cell = document, cell
        self.formatter = pe_document.service(context, "com.sun.star.util.NumberFormatter")
        self.formatter.attachNumberFormatsSupplier(document)
        self.figures = Figures(context)
        self.parser = document.createInstance("com.sun.star.sheet.FormulaParser")
        sheet, row, column = cell
        self.sheets = document.getSheets()
        self.home = uno.createUnoStruct("com.sun.star.table.CellAddress")
        self.home.Sheet = self.sheets.getElementNames().index(sheet)
        self.home.Row, self.home.Column = row, column
        self.key = self.sheets.getByName(sheet).getCellByPosition(column, row).NumberFormat
        self.type = document.getNumberFormats().getByKey(self.key).Type & ~1
        self.separator = self.figures.formatted("0.0", 0.5)[1]

    def number(self, text):
        """The number that a text means to the user; ValueError."""
        try:
            return self.formatter.convertStringToNumber(self.key if self.type == DATE else 0,
                                                        text.strip())
        except Exception:
            raise ValueError(text)

    def text(self, x):
        """A number as the user would type it."""
        if self.type == DATE and x == int(x):
            return self.formatter.convertNumberToString(self.key, x)
        if self.type == PERCENT:
            return excel_number(float("%.12g" % (x * 100))).replace(".", self.separator) + "%"
        return self.plain_text(x)

    def plain_text(self, x):
        """As text, whatever the cell's format."""
        return excel_number(x).replace(".", self.separator)

    def figure(self, x):
        """A number to be read: five digits that count, thousands apart."""
        if x is None:
            return "-"
        if self.type == DATE:
            return self.formatter.convertNumberToString(self.key, x)
        if self.type == PERCENT:
            return self.figures.figure_of(x * 100) + "%"
        return self.figures.figure_of(x)

    # ---- parameters

    def parameter(self, label, text):
        """What was typed into a parameter's field; Problem says what is wrong with it."""
        text = text.strip()
        if not text:
            raise pe_document.Problem(T.INPUT_EMPTY % label)
        if text.startswith("="):
            return self._formula(label, text[1:])
        if ";" in text or text.startswith("{"):
            parts = text.strip("{}").replace(";" if self.separator == "," else ",", ";").split(";")
            return Parameter("{%s}" % ",".join(excel_number(self._plain(label, p)) for p in parts))
        number = self._plain(label, text)
        return Parameter(excel_number(number), number=number)

    def _plain(self, label, text):
        try:
            return self.number(text)
        except ValueError:
            raise pe_document.Problem(T.INPUT_NOT_A_NUMBER % (label, text.strip(),
                                                              self.plain_text(12.5)))

    def _formula(self, label, text):
        tokens = self._parse(text, english=False)
        if not tokens or any(token.OpCode == BAD for token in tokens):
            raise pe_document.Problem(T.INPUT_BAD_FORMULA % (label, "=" + text))
        constant, live, drawable, has_references = [], [], True, False
        for token in tokens:
            kind = type(token.Data).__name__ if token.OpCode == PUSH else ""
            if kind in (SINGLE, COMPLEX):
                has_references = True
                live.append(self._absolute(label, token))
                constant.append(self._valued(token))
            else:
                live.append(token)
                constant.append(token)
                if token.OpCode != PUSH and isinstance(token.Data, (int, uno.Any)) and token.Data:
                    has_references, drawable = True, False  # a defined name
        return Parameter(self._print(constant, EXCEL_A1),
                         self._print(live, CALC_A1) if has_references else None,
                         own=self._print(tokens, CALC_A1), drawable=drawable)

    def _parse(self, text, english):
        self.parser.CompileEnglish = english
        self.parser.FormulaConvention = CALC_A1 if english else AS_TYPED
        return self.parser.parseFormula(text, self.home)

    def _print(self, tokens, convention):
        self.parser.CompileEnglish = True
        self.parser.FormulaConvention = convention
        return self.parser.printFormula(tuple(tokens), self.home)

    def typed(self, text):
        """A formula of a setting, without "=", as a person would type it."""
        tokens = self._parse(text, english=True)
        self.parser.CompileEnglish = False
        self.parser.FormulaConvention = AS_TYPED
        return self.parser.printFormula(tokens, self.home)

    def _place(self, reference):
        """(sheet number, row, column) of a single reference."""
        flags, home = reference.Flags, self.home
        return (home.Sheet + reference.RelativeSheet if flags & SHEET_RELATIVE else reference.Sheet,
                home.Row + reference.RelativeRow if flags & ROW_RELATIVE else reference.Row,
                home.Column + reference.RelativeColumn if flags & COLUMN_RELATIVE
                else reference.Column)

    def _fixed(self, reference):
        reference.Sheet, reference.Row, reference.Column = self._place(reference)
        reference.Flags = SHEET_3D
        return reference

    def _absolute(self, label, token):
        """The token with every part of its reference absolute; never the input itself."""
        data = token.Data
        ends = (data,) if type(data).__name__ == SINGLE else (data.Reference1, data.Reference2)
        if any(end.Flags & GONE for end in ends):
            raise pe_document.Problem(T.INPUT_BAD_FORMULA % (label, "#REF!"))
        first, last = self._place(ends[0]), self._place(ends[-1])
        home = (self.home.Sheet, self.home.Row, self.home.Column)
        if all(a <= h <= b for a, h, b in zip(first, home, last)):
            raise pe_document.Problem(T.INPUT_OWN_CELL
                                      % (label, pe_document.address_text(*self.cell)))
        fixed = uno.createUnoStruct("com.sun.star.sheet.FormulaToken")
        if len(ends) == 1:
            fixed.Data = self._fixed(data)
        else:
            data.Reference1, data.Reference2 = self._fixed(ends[0]), self._fixed(ends[1])
            fixed.Data = data
        fixed.OpCode = PUSH
        return fixed

    def _valued(self, token):
        """The reference's present value or values in its place."""
        data = token.Data
        valued = uno.createUnoStruct("com.sun.star.sheet.FormulaToken")
        valued.OpCode = PUSH
        if type(data).__name__ == SINGLE:
            sheet, row, column = self._place(data)
            valued.Data = self.sheets.getByIndex(sheet).getCellByPosition(column, row).getValue()
        else:
            (sheet, top, left), (_, bottom, right) = (self._place(data.Reference1),
                                                      self._place(data.Reference2))
            area = self.sheets.getByIndex(sheet).getCellRangeByPosition(left, top, right, bottom)
            rows = tuple(tuple(x if isinstance(x, float) else 0.0 for x in row)
                         for row in area.getDataArray())
            valued.Data = uno.Any("[][]any", rows)
        return valued
