"""Which formulas can have TRUE or FALSE as their result, told from the text: only for those the
office need be asked, cell by cell.

By the office's rules arithmetic and joined texts are never logical; a sign, parentheses, a branch
and a reference keep what they are given.
"""
import functools
import re

LOGICAL = re.compile(r"[<>]|(?<!^)=|\b(?:TRUE|FALSE|AND|OR|NOT|XOR|EXACT|IS[A-Z]+)\(")
KEPT = re.compile(r"\b(?:IF|IFERROR|IFNA|CHOOSE)\(|^=[-+(]*[^(]*$")
# Alike formulas are looked at once: texts, quoted sheets, references and numbers by their kind.
SHAPES = ((re.compile(r'"(?:[^"]|"")*"'), '"'), (re.compile(r"'(?:[^']|'')*'\."), ""),
          (re.compile(r"\$?\b[A-Z]{1,3}\$?[0-9]+\b"), "R"), (re.compile(r"\b[0-9.]+\b"), "1"))
COMPARISONS, OPERATORS = "<>=", "+*/^&%~!"
BRANCHES = {"IF": 1, "IFERROR": 0, "IFNA": 0, "CHOOSE": 1}  # the first argument that can be shown
CALL = re.compile(r"([A-Z][A-Z0-9._]*)?\((.*)\)$", re.DOTALL)


def may_be(formula):
    """Whether the formula, with its "=", can be logical."""
    if LOGICAL.search(formula) is None and KEPT.search(formula) is None:
        return False
    for pattern, kind in SHAPES:
        formula = pattern.sub(kind, formula)
    return _may_be(formula.lstrip("{=").rstrip("}"))


@functools.lru_cache(maxsize=4096)
def _may_be(text):
    text = text.strip().lstrip("-+ ")
    operators, parts = _parsed(text)
    if any(character in COMPARISONS for character in operators):
        return True
    if operators.strip("; "):
        return False
    call = CALL.match(text)
    if call is None:
        return text not in ('"', "1", "")  # a reference, a name
    name, inside = call.groups()
    if not name:
        return _may_be(inside)
    if name in BRANCHES:
        return any(_may_be(part) for part in _parsed(inside)[1][BRANCHES[name]:])
    return LOGICAL.search(text) is not None


def _parsed(text):
    """(the operators outside parentheses, the parts between semicolons there)."""
    operators, parts, depth = "", [""], 0
    for character in text:
        if depth == 0 and character == ";":
            parts.append("")
            continue
        depth += (character in "({") - (character in ")}")
        if depth == 0 and (character in COMPARISONS or character in OPERATORS or
                           character == "-" and parts[-1].strip("-+ ")):
            operators += character
        parts[-1] += character
    return operators, parts
