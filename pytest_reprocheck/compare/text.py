"""Comparator for text: fields that mean nothing are normalised, numbers compare as numbers, the rest exactly."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass

from pytest_reprocheck.compare.judging import Context, Judgement, cut, cut_pair
from pytest_reprocheck.compare.normalise import markup_lines, normalise, screen_lines
from pytest_reprocheck.compare.numbers import close
from pytest_reprocheck.core.findings import Sameness
from pytest_reprocheck.core.values import Text

_NUMBER = re.compile(r"(?<![\w.])[-+]?(?:\d+\.\d*|\.\d+|\d+)(?:[eE][-+]?\d{1,4})?(?!\w)")
_MEMBERS = re.compile(r"[\s,{}()\[\]]+")
_MARKUP = frozenset({"text/html", "image/svg+xml"})
_MAX_ALIGNED = 2_000
"""Lines up to which insertions are told from changes; longer texts of another length are compared line by line."""
_DETAILS = 6


@dataclass(frozen=True, kw_only=True, slots=True)
class _Change:
    """One differing piece: lines of A against lines of B."""

    line: int
    """0-based line of A."""
    a: str
    b: str


def compare_text(a: Text, b: Text, context: Context) -> Judgement | None:
    """None when the texts are the same on a screen."""
    if a.digest == b.digest:
        return None
    markup = a.mime in _MARKUP
    split = markup_lines if markup else screen_lines
    a_lines, b_lines = split(a.text), split(b.text)
    if a_lines == b_lines:
        return None
    a_plain, used = normalise("\n".join(a_lines), context.a_root, markup=markup)
    b_plain, b_used = normalise("\n".join(b_lines), context.b_root, markup=markup)
    names = ", ".join(sorted({*used, *b_used}))
    a_norm, b_norm = a_plain.split("\n"), b_plain.split("\n")
    if a_norm == b_norm:
        return _whole(Sameness.NORMALISED, a_lines, b_lines, names)
    if sorted(a_norm) == sorted(b_norm):
        return _whole(Sameness.ORDERING, a_norm, b_norm, "lines reordered")
    changes = [change for change in _changes(a_norm, b_norm) if not _same_numbers(change, context)]
    if not changes:
        return _whole(Sameness.TOLERANCE, a_norm, b_norm, "numbers within tolerance")
    return _judge(changes, max(len(a_norm), len(b_norm)))


def _whole(sameness: Sameness, a: list[str], b: list[str], note: str) -> Judgement:
    pairs = [(x, y) for x, y in zip(a, b, strict=False) if x != y] or [("\n".join(a), "\n".join(b))]
    shown = cut_pair(*pairs[0])
    return Judgement(sameness=sameness, a=shown[0], b=shown[1], note=note, parts=("all",))


def _judge(changes: list[_Change], lines: int) -> Judgement:
    reordered = all(_same_members(change) for change in changes)
    first_a, first_b = cut_pair(changes[0].a, changes[0].b)
    details = []
    for change in changes[1 : _DETAILS + 1]:
        shown_a, shown_b = cut_pair(change.a, change.b, 50)
        details.append(f"line {change.line + 1}: {shown_a} | {shown_b}")
    note = "members reordered" if reordered else ""
    if lines > 1:
        counted = f"{len(changes)} of {lines} lines differ"
        note = f"{note}, {counted}" if note else counted
    return Judgement(
        sameness=Sameness.ORDERING if reordered else Sameness.DIFFERENT,
        a=first_a or "(no line)",
        b=first_b or "(no line)",
        note=note,
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


def _same_numbers(change: _Change, context: Context) -> bool:
    """Whether the lines have the same words, and numbers within tolerance; white space aligns columns and means
    nothing.
    """
    a_words, b_words = _NUMBER.split(change.a), _NUMBER.split(change.b)
    if ["".join(word.split()) for word in a_words] != ["".join(word.split()) for word in b_words]:
        return False
    pairs = zip(_NUMBER.findall(change.a), _NUMBER.findall(change.b), strict=True)
    return all(x == y or _close_numbers(x, y, context) for x, y in pairs)


def _close_numbers(a: str, b: str, context: Context) -> bool:
    if a.lstrip("+-").isdigit() and b.lstrip("+-").isdigit():
        return int(a) == int(b)
    return close(float(a), float(b), "<f8", context.tolerance)


def _same_members(change: _Change) -> bool:
    a, b = (sorted(part for part in _MEMBERS.split(text) if part) for text in (change.a, change.b))
    return len(a) > 1 and a == b


def describe_text(value: Text) -> str:
    """The text in one short line."""
    return cut(value.text)
