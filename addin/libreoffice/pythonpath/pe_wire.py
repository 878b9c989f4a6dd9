"""MessagePack in pure Python, as far as the protocol uses it (PROTOCOL.md): nil, boolean, integer,
float, text, bytes, array, map, spreadsheet errors and omitted arguments.

decode() trusts its bytes to be one whole object within the limits: the C library has walked them.
"""

import struct

ERROR_TEXTS = {
    1: "#NULL!", 2: "#DIV/0!", 3: "#VALUE!", 4: "#REF!", 5: "#NAME?", 6: "#NUM!", 7: "#N/A",
    8: "#GETTING_DATA", 9: "#SPILL!", 10: "#CONNECT!", 11: "#BLOCKED!", 12: "#UNKNOWN!",
    13: "#FIELD!", 14: "#CALC!", 15: "#BUSY!", 16: "#PYTHON!",
}
ERROR_CODES = {text: code for code, text in ERROR_TEXTS.items()}

_EXT_ERROR = 1
_EXT_OMITTED = 2


class SheetError:
    """A spreadsheet's error as a value: code as by ERROR.TYPE, text "#DIV/0!"."""

    __slots__ = ("code",)

    def __init__(self, code):
        self.code = code

    @property
    def text(self):
        return ERROR_TEXTS.get(self.code, "#VALUE!")

    def __repr__(self):
        return "SheetError(%d)" % self.code

    def __str__(self):
        return self.text

    def __eq__(self, other):
        return isinstance(other, SheetError) and other.code == self.code

    def __hash__(self):
        return hash(("SheetError", self.code))


class Omitted:
    """An argument that was left out: F(1,,2). There is one, OMITTED."""

    __slots__ = ()

    def __repr__(self):
        return "OMITTED"


OMITTED = Omitted()

# ---- encoding


def encode(value):
    """The bytes of value: None, bool, int, float, str, bytes, list, tuple, dict, SheetError,
    OMITTED. TypeError for anything else, OverflowError for integers beyond 64 bits."""
    out = bytearray()
    _encode(out, value)
    return bytes(out)


def _encode_int(out, value):
    if value >= 0:
        if value < 0x80:
            out.append(value)
        elif value < 0x100:
            out += struct.pack(">BB", 0xCC, value)
        elif value < 0x10000:
            out += struct.pack(">BH", 0xCD, value)
        elif value < 0x100000000:
            out += struct.pack(">BI", 0xCE, value)
        elif value < 0x10000000000000000:
            out += struct.pack(">BQ", 0xCF, value)
        else:
            raise OverflowError("an integer of more than 64 bits")
    elif value >= -0x20:
        out.append(0x100 + value)
    elif value >= -0x8000000000000000:
        out += struct.pack(">Bq", 0xD3, value)
    else:
        raise OverflowError("an integer of more than 64 bits")


def _encode_head(out, count, small, small_max, heads):
    """The head of a text, array or map: in its first byte, or with a length of 8, 16, 32 bits."""
    if count <= small_max:
        out.append(small | count)
    elif heads[0] and count < 0x100:
        out += struct.pack(">BB", heads[0], count)
    elif count < 0x10000:
        out += struct.pack(">BH", heads[1], count)
    else:
        out += struct.pack(">BI", heads[2], count)


def _encode_text(out, value):
    raw = value.encode("utf-8", "replace")
    _encode_head(out, len(raw), 0xA0, 31, (0xD9, 0xDA, 0xDB))
    out += raw


def _encode(out, value):
    if value is None:
        out.append(0xC0)
    elif value is True:
        out.append(0xC3)
    elif value is False:
        out.append(0xC2)
    elif isinstance(value, str):
        _encode_text(out, value)
    elif isinstance(value, float):
        out += struct.pack(">Bd", 0xCB, value)
    elif isinstance(value, int):
        _encode_int(out, value)
    elif isinstance(value, (list, tuple)):
        _encode_head(out, len(value), 0x90, 15, (0, 0xDC, 0xDD))
        for item in value:
            _encode(out, item)
    elif isinstance(value, dict):
        _encode_head(out, len(value), 0x80, 15, (0, 0xDE, 0xDF))
        for key, item in value.items():
            _encode(out, key)
            _encode(out, item)
    elif isinstance(value, (bytes, bytearray)):
        out += struct.pack(">BI", 0xC6, len(value))
        out += value
    elif isinstance(value, SheetError):
        out += bytes((0xD4, _EXT_ERROR, value.code))
    elif value is OMITTED:
        out += bytes((0xC7, 0, _EXT_OMITTED))
    else:
        raise TypeError("cannot be sent to the host: %r" % type(value))


# ---- decoding

_NUMBERS = {
    0xCA: (">f", 4), 0xCB: (">d", 8), 0xCC: (">B", 1), 0xCD: (">H", 2), 0xCE: (">I", 4),
    0xCF: (">Q", 8), 0xD0: (">b", 1), 0xD1: (">h", 2), 0xD2: (">i", 4), 0xD3: (">q", 8),
}
_NUMBERS = {head: (struct.Struct(form).unpack_from, width)
            for head, (form, width) in _NUMBERS.items()}
_CONSTANTS = {0xC0: None, 0xC2: False, 0xC3: True}
_TEXT_WIDTHS = {0xD9: 1, 0xDA: 2, 0xDB: 4}
_BYTES_WIDTHS = {0xC4: 1, 0xC5: 2, 0xC6: 4}
_ARRAY_WIDTHS = {0xDC: 2, 0xDD: 4}
_MAP_WIDTHS = {0xDE: 2, 0xDF: 4}
_EXT_WIDTHS = {0xC7: 1, 0xC8: 2, 0xC9: 4}
_EXT_FIXED = {0xD4: 1, 0xD5: 2, 0xD6: 4, 0xD7: 8, 0xD8: 16}


def decode(data):
    """The value of data (bytes): arrays are lists, errors SheetError. ValueError for bytes that are
    none of the protocol's."""
    try:
        value, end = _decode(data, 0)
    except (IndexError, struct.error) as error:
        raise ValueError("MessagePack that is cut off") from error
    if end != len(data):
        raise ValueError("more than one MessagePack object")
    return value


def _decode(data, at):
    head = data[at]
    at += 1
    if head < 0x80:
        return head, at
    if head >= 0xE0:
        return head - 0x100, at
    if 0xA0 <= head < 0xC0:
        return _decode_text(data, at, head & 31)
    if head in _NUMBERS:
        unpack, width = _NUMBERS[head]
        return unpack(data, at)[0], at + width
    if head in _CONSTANTS:
        return _CONSTANTS[head], at
    if head < 0x90:
        return _decode_map(data, at, head & 15)
    if head < 0xA0:
        return _decode_array(data, at, head & 15)
    return _decode_long(data, at, head)


def _decode_long(data, at, head):
    for widths, read in (
        (_TEXT_WIDTHS, _decode_text),
        (_ARRAY_WIDTHS, _decode_array),
        (_MAP_WIDTHS, _decode_map),
        (_BYTES_WIDTHS, _decode_bytes),
        (_EXT_WIDTHS, _decode_ext),
    ):
        if head in widths:
            width = widths[head]
            return read(data, at + width, int.from_bytes(data[at:at + width], "big"))
    if head in _EXT_FIXED:
        return _decode_ext(data, at, _EXT_FIXED[head])
    raise ValueError("not MessagePack")


def _decode_bytes(data, at, count):
    end = at + count
    if end > len(data):
        raise IndexError
    return data[at:end], end


def _decode_text(data, at, count):
    raw, end = _decode_bytes(data, at, count)
    return raw.decode("utf-8", "replace"), end


def _decode_array(data, at, count):
    # Many doubles in a row, as trials come: at once.
    if count > 8 and data[at:at + 9 * count:9] == b"\xcb" * count:
        return list(struct.unpack_from(">" + "xd" * count, data, at)), at + 9 * count
    items = []
    append = items.append
    for _ in range(count):
        item, at = _decode(data, at)
        append(item)
    return items, at


def _decode_map(data, at, count):
    items = {}
    for _ in range(count):
        key, at = _decode(data, at)
        items[key], at = _decode(data, at)
    return items, at


def _decode_ext(data, at, count):
    kind = data[at]
    raw, end = _decode_bytes(data, at + 1, count)
    if kind == _EXT_ERROR and count == 1:
        return SheetError(raw[0]), end
    if kind == _EXT_OMITTED and count == 0:
        return OMITTED, end
    raise ValueError("an extension that the protocol does not have")
