"""Comparator for text: fields that mean nothing are normalised, numbers compare as numbers, the rest exactly."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import Literal

from pytest_reprocheck.compare.judging import DETAILS, Context, Judgement, cut, cut_pair
from pytest_reprocheck.compare.markup import markup_lines
from pytest_reprocheck.compare.members import same_members
from pytest_reprocheck.compare.normalise import normalise_pair
from pytest_reprocheck.compare.numbers import close
from pytest_reprocheck.compare.terminal import screen_lines
from pytest_reprocheck.core.findings import Sameness
from pytest_reprocheck.core.values import Text

# No part of a version, a name or a date: those are words.
_NUMBER = re.compile(r"(?<![\w.])[-+]?(?:\d+\.\d*|\.\d+|\d+)(?:[eE][-+]?\d{1,4})?(?!\w|\.\w)")
_MARKUP = frozenset({"text/html", "image/svg+xml"})
_MAX_ALIGNED = 500
"""Lines up to which insertions are told from changes; longer texts of another length are compared line by line."""
NO_LINE = "(no line)"

Kind = Literal["numbers", "layout", "apart"]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Change:
    """One differing piece: a line of A against a line of B."""

    line: int
    """0-based line of A."""
    a: str
    b: str


def compare_text(a: Text, b: Text, context: Context) -> Judgement | None:
    """None when the texts are the same on a screen."""
    if a.digest == b.digest:
        return None
    if a.mime != b.mime:
        return _whole(Sameness.DIFFERENT, [a.mime], [b.mime], f"type {a.mime} | {b.mime}")
    markup = a.mime in _MARKUP
    split = markup_lines if markup else screen_lines
    a_lines, b_lines = split(a.text), split(b.text)
    if a_lines == b_lines:
        return None
    roots = (context.a_root, context.b_root)
    a_norm, b_norm, names = normalise_pair("\n".join(a_lines), "\n".join(b_lines), roots, markup=markup)
    return _judge(a_norm, b_norm, names, context) or _whole(Sameness.NORMALISED, a_lines, b_lines, ", ".join(names))


def _judge(a: str, b: str, names: tuple[str, ...], context: Context) -> Judgement | None:
    """How the normalised texts differ; None when they do not."""
    if a == b:
        return None
    a_lines, b_lines = a.split("\n"), b.split("\n")
    if sorted(a_lines) == sorted(b_lines):
        return _whole(Sameness.ORDERING, a_lines, b_lines, "lines reordered")
    kinds = [(change, _kind(change, context)) for change in _changes(a_lines, b_lines)]
    apart = [change for change, kind in kinds if kind == "apart"]
    if not apart and any(kind == "numbers" for _change, kind in kinds):
        return _whole(Sameness.TOLERANCE, a_lines, b_lines, "numbers within tolerance")
    if not apart and names:
        # A field of another width moves the columns of the table that it stands in.
        return None
    if apart and len(apart) > 1 and same_members(a, b):
        return _whole(Sameness.ORDERING, a_lines, b_lines, "members reordered")
    note = "" if apart else "white space"
    return _told(apart or [change for change, _kind in kinds], max(len(a_lines), len(b_lines)), note)


def _whole(sameness: Sameness, a: list[str], b: list[str], note: str) -> Judgement:
    pairs = [(x, y) for x, y in zip(a, b, strict=False) if x != y] or [("\n".join(a), "\n".join(b))]
    shown = cut_pair(*pairs[0])
    return Judgement(sameness=sameness, a=shown[0], b=shown[1], note=note, parts=("all",))


def _told(changes: list[_Change], lines: int, note: str) -> Judgement:
    reordered = all(same_members(change.a, change.b) for change in changes)
    first_a, first_b = cut_pair(changes[0].a, changes[0].b)
    details = []
    for change in changes[1 : DETAILS + 1]:
        shown_a, shown_b = cut_pair(change.a, change.b, 50)
        details.append(f"line {change.line + 1}: {shown_a} | {shown_b}")
    counted = f"{len(changes)} of {lines} lines differ" if lines > 1 else ""
    return Judgement(
        sameness=Sameness.ORDERING if reordered else Sameness.DIFFERENT,
        a=first_a or NO_LINE,
        b=first_b or NO_LINE,
        note=", ".join(part for part in ("members reordered" if reordered else note, counted) if part),
        details=tuple(details),
        parts=tuple(f"line {change.line + 1}" for change in changes),
    )


def _changes(a: list[str], b: list[str]) -> list[_Change]:
    if len(a) == len(b):
        return [_Change(line=i, a=x, b=y) for i, (x, y) in enumerate(zip(a, b, strict=True)) if x != y]
    if max(len(a), len(b)) > _MAX_ALIGNED:
        padded = max(len(a), len(b))
        a, b = a + [""] * (padded - len(a)), b + [""] * (padded - len(b))
        return _changes(a, b)
    changes = []
    for kind, a_from, a_to, b_from, b_to in difflib.SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        if kind == "equal":
            continue
        for offset in range(max(a_to - a_from, b_to - b_from)):
            left = a[a_from + offset] if a_from + offset < a_to else ""
            right = b[b_from + offset] if b_from + offset < b_to else ""
            changes.append(_Change(line=min(a_from + offset, len(a)), a=left, b=right))
    return changes


def _kind(change: _Change, context: Context) -> Kind:
    """``numbers``: the same words, and numbers within tolerance; ``layout``: only white space differs."""
    a_words, b_words = (_NUMBER.split(text) for text in (change.a, change.b))
    if [" ".join(word.split()) for word in a_words] != [" ".join(word.split()) for word in b_words]:
        return "apart"
    pairs = list(zip(_NUMBER.findall(change.a), _NUMBER.findall(change.b), strict=True))
    if not all(x == y or _close_numbers(x, y, context) for x, y in pairs):
        return "apart"
    return "numbers" if any(x != y for x, y in pairs) else "layout"


def _close_numbers(a: str, b: str, context: Context) -> bool:
    if a.lstrip("+-").isdigit() and b.lstrip("+-").isdigit():
        return False
    return close(float(a), float(b), "<f8", context.tolerance)


def describe_text(value: Text) -> str:
    """The text in one short line."""
    return cut(value.text[:1000])
