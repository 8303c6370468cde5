"""Comparator for SVG: what is drawn, without metadata and whatever its elements are called."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pytest_reprocheck.compare.judging import Context, Judgement, cut_pair
from pytest_reprocheck.compare.markup import markup_lines
from pytest_reprocheck.compare.normalise import normalise_pair
from pytest_reprocheck.compare.text import compare_text, judge_lines
from pytest_reprocheck.core.findings import Sameness
from pytest_reprocheck.core.values import Text

_HIDDEN = re.compile(r"<(/?)(metadata|desc)\b", re.IGNORECASE)
_ID = re.compile(r"""(?<=[\s"'])(?:xml:)?id\s?=\s?["']([^"'<>]{1,300})["']""")
_USE = re.compile(r"""#([^"'()<>\s{},;:]{1,300})""")
_DRAWN = re.compile(r"[-+]?(?:\d+\.\d*|\.\d+|\d+)(?:[eE][-+]?\d{1,3})?")
_PLACES = re.compile(
    r"""(?<![\w-])(?:d|points|x|y|x1|x2|y1|y2|cx|cy|r|rx|ry|width|height|transform|viewBox)=["']([^"'<>]*)["']"""
)
_NEAR = 1e-3
"""Units of the drawing (a hundredth of a pixel and less) that a place may be off: it is printed with six digits, and
its last one turns with the last bit of a float."""


def compare_svg(a: Text, b: Text, context: Context) -> Judgement | None:
    """None when the texts are equal."""
    if a.digest == b.digest:
        return None
    if a.text == b.text or a.mime != b.mime:
        return compare_text(a, b, context)
    a_lines, b_lines = markup_lines(a.text), markup_lines(b.text)
    own = (context.a_own, context.b_own)
    a_drawn, b_drawn = (drawn(lines) for lines in (a_lines, b_lines))
    a_norm, b_norm, names = normalise_pair("\n".join(a_drawn), "\n".join(b_drawn), own, markup=True)
    shown = next((cut_pair(x, y) for x, y in zip(a_lines, b_lines, strict=False) if x != y), ("", ""))
    if a_norm == b_norm:
        note = ", ".join(names or ("svg-metadata",))
        return Judgement(sameness=Sameness.NORMALISED, a=shown[0], b=shown[1], note=note, parts=("all",))
    near, moved = _as_near(a_norm.split("\n"), b_norm.split("\n"))
    judgement = judge_lines("\n".join(near), b_norm, names, context)
    if judgement is not None or not moved:
        return judgement
    note = "numbers within tolerance"
    return Judgement(sameness=Sameness.TOLERANCE, a=shown[0], b=shown[1], note=note, parts=("all",))


def drawn(lines: Sequence[str]) -> list[str]:
    """The lines of a picture's markup that are seen, whatever its elements are called."""
    return _numbered(_without_metadata(lines))


def _without_metadata(lines: Sequence[str]) -> list[str]:
    """Without comments and what is not drawn."""
    kept = []
    hidden = ""
    for line in lines:
        found = _HIDDEN.match(line)
        if found is not None and not line.endswith("/>"):
            name = found.group(2).lower()
            if not found.group(1) and not hidden:
                hidden = name
                continue
            if found.group(1) and hidden == name:
                hidden = ""
                continue
        if not hidden and not line.startswith("<!--"):
            kept.append(line)
    # What is opened and never closed hides nothing.
    return list(lines) if hidden else kept


def _numbered(lines: Sequence[str]) -> list[str]:
    """Elements are called by their number: names are not seen, what refers to what is."""
    numbers: dict[str, str] = {}
    for line in lines:
        if line.startswith("<"):
            for name in _ID.findall(line):
                numbers.setdefault(name, f"id{len(numbers) + 1}")

    def declared(match: re.Match[str]) -> str:
        return match.group().replace(match.group(1), numbers[match.group(1)])

    def used(match: re.Match[str]) -> str:
        return f"#{numbers.get(match.group(1), match.group(1))}"

    return [_USE.sub(used, _ID.sub(declared, line)) if line.startswith("<") else line for line in lines]


def _as_near(a: list[str], b: list[str]) -> tuple[list[str], bool]:
    """A's lines, with B's in their place where the same is drawn a little beside; and whether there are any."""
    if len(a) != len(b):
        return a, False
    near = [y if x != y and _is_near(x, y) else x for x, y in zip(a, b, strict=True)]
    return near, near != a


def _is_near(a: str, b: str) -> bool:
    if not a.startswith("<") or _PLACES.sub("", a) != _PLACES.sub("", b):
        return False
    for left, right in zip(_PLACES.findall(a), _PLACES.findall(b), strict=True):
        if _DRAWN.sub("", left) != _DRAWN.sub("", right):
            return False
        pairs = zip(_DRAWN.findall(left), _DRAWN.findall(right), strict=True)
        if any(abs(float(x) - float(y)) > _NEAR for x, y in pairs if x != y):
            return False
    return True
