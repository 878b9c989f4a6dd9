"""Number formats, both ways: a document's keys as Excel's codes, Excel's codes as keys.

Codes on the wire are Excel's, as an English (US) program writes them.
"""
import uno

LOGICAL = 1024  # NumberFormat.LOGICAL
ENGLISH = ("en", "US")


def english():
    """The locale of the codes on the wire."""
    locale = uno.createUnoStruct("com.sun.star.lang.Locale")
    locale.Language, locale.Country = ENGLISH
    return locale


class Formats:
    """The formats of one document, read while its cells are."""

    def __init__(self, document):
        self.document = document
        self.formats = document.getNumberFormats()
        self.codes = {}     # key: code
        self.logical = {}   # key: whether it shows TRUE or FALSE
        self.sheets = {}    # sheet number: [(key, addresses)]

    def is_logical(self, key):
        """Whether the format shows TRUE and FALSE."""
        if key not in self.logical:
            self.logical[key] = bool(self.formats.getByKey(key).Type & LOGICAL)
        return self.logical[key]

    def code(self, key):
        """Excel's code; "" where it is the standard format."""
        if key not in self.codes:
            entry = self.formats.getByKey(key)
            text, locale = entry.FormatString, entry.Locale
            if locale.Language != "en":  # "": the system's, whatever that is
                found = self.formats.addNewConverted(text, locale, english())
                text = self.formats.getByKey(found).FormatString
            standard = text in ("General", "Standard") or self.is_logical(key)
            self.codes[key] = "" if standard else text
        return self.codes[key]

    def _of(self, sheet):
        number = sheet.getRangeAddress().Sheet
        if number not in self.sheets:
            groups = sheet.getUniqueCellFormatRanges()
            found = []
            for index in range(groups.getCount()):
                ranges = groups.getByIndex(index)
                key = ranges.NumberFormat
                if key:
                    found.append((key, ranges.getRangeAddresses()))
            self.sheets[number] = found
        return self.sheets[number]

    def logical_areas(self, sheet):
        """Whether any area of the sheet is formatted to show TRUE and FALSE."""
        return any(self.is_logical(key) for key, _ in self._of(sheet))

    def areas(self, sheet, extent):
        """[{area, code}] up to the last row and column with content."""
        last_row, last_column = extent
        found = []
        for key, addresses in self._of(sheet):
            code = self.code(key)
            for a in addresses if code else ():
                rows = min(a.EndRow, last_row) - a.StartRow + 1
                columns = min(a.EndColumn, last_column) - a.StartColumn + 1
                if rows > 0 and columns > 0:
                    found.append({"area": [a.StartRow, a.StartColumn, rows, columns],
                                  "code": code})
        return found


def key_for(document, code, cache):
    """The document's key for Excel's code, made if it is not there: numbers look as the user's
    other numbers do. cache: dict of the caller."""
    if code not in cache:
        users = uno.createUnoStruct("com.sun.star.lang.Locale")  # the system's
        cache[code] = document.getNumberFormats().addNewConverted(code, english(), users)
    return cache[code]
