"""Comparator for text: fields that mean nothing are normalised, numbers compare as numbers, the rest exactly."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from pytest_reprocheck.compare.aligning import Alignment, align
from pytest_reprocheck.compare.judging import DETAILS, Context, Judgement, cut, cut_pair
from pytest_reprocheck.compare.markup import markup_lines, script_lines
from pytest_reprocheck.compare.members import same_members
from pytest_reprocheck.compare.normalise import apply_rules, normalise_pair
from pytest_reprocheck.compare.numbers import close_texts
from pytest_reprocheck.compare.terminal import screen_lines
from pytest_reprocheck.core.findings import Sameness
from pytest_reprocheck.core.values import Text

# No part of a version, a name or a date: those are words.
_NUMBER = re.compile(r"(?<![\w.])[-+\u2212]?(?:\d+\.\d*|\.\d+|\d+)(?:[eE][-+]?\d{1,4})?(?!\w|\.\w)")
_MARKUP = frozenset({"text/html", "image/svg+xml"})
_SCRIPTS = frozenset({"application/javascript", "text/javascript"})
MAX_PAIRS = 50
"""Differing lines that are kept in full."""
NO_LINE = "(no line)"

Kind = Literal["numbers", "layout", "apart"]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Change:
    """One differing piece: a line of A against a line of B."""

    name: str
    """``line 3`` of A, or ``after line 3`` for what only B has."""
    a: str
    b: str


def compare_text(a: Text, b: Text, context: Context) -> Judgement | None:
    """None when the texts are the same on a screen."""
    if a.digest == b.digest:
        return None
    if a.mime != b.mime:
        return _whole(Sameness.DIFFERENT, [a.mime], [b.mime], f"type {a.mime} | {b.mime}")
    if a.text == b.text:
        note = f"differs beyond the first {len(a.text)} characters"
        return _whole(Sameness.DIFFERENT, [a.text[:1000]], [b.text[:1000]], note)
    markup = a.mime in _MARKUP or a.mime in _SCRIPTS
    split = script_lines if a.mime in _SCRIPTS else markup_lines if markup else screen_lines
    a_lines, b_lines = split(a.text), split(b.text)
    if a_lines == b_lines:
        return None
    if markup:  # the user's patterns are made for the markup as it stands
        a_text, b_text, given = apply_rules(a.text, b.text, context.rules)
        a_text, b_text = ("\n".join(split(text)) for text in (a_text, b_text))
    else:
        a_text, b_text, given = apply_rules("\n".join(a_lines), "\n".join(b_lines), context.rules)
    own = (context.a_own, context.b_own)
    a_norm, b_norm, found = normalise_pair(a_text, b_text, own, markup=markup)
    names = tuple(sorted({*given, *found}))
    return judge_lines(a_norm, b_norm, names, context) or _whole(
        Sameness.NORMALISED, a_lines, b_lines, ", ".join(names)
    )


def judge_lines(a: str, b: str, names: tuple[str, ...], context: Context) -> Judgement | None:
    """How two normalised texts differ; None when they do not. ``names`` are the normalisers that applied."""
    if a == b:
        return None
    a_lines, b_lines = a.split("\n"), b.split("\n")
    found = align(a_lines, b_lines, lambda x, y: _kind(x, y, context) != "apart", _form)
    if found.changes or found.moved:
        # A printed collection may stand in several lines, as its width has it.
        return _told(found, a_lines, b_lines, as_a_whole=len(found.changes) > 1 and same_members(a, b))
    matched = ((line, b_lines[j]) for line, j in zip(a_lines, found.partners, strict=True) if j is not None)
    if any(_kind(x, y, context) == "numbers" for x, y in matched if x != y):
        return _whole(Sameness.TOLERANCE, a_lines, b_lines, "numbers within tolerance")
    # A field of another width moves the columns of the table that it stands in.
    return None if names else _whole(Sameness.DIFFERENT, a_lines, b_lines, "white space")


def _whole(sameness: Sameness, a: list[str], b: list[str], note: str) -> Judgement:
    pairs = [(x, y) for x, y in zip(a, b, strict=False) if x != y] or [("\n".join(a), "\n".join(b))]
    shown = cut_pair(*pairs[0])
    return Judgement(sameness=sameness, a=shown[0], b=shown[1], note=note, parts=("all",))


def _told(found: Alignment, a: list[str], b: list[str], *, as_a_whole: bool) -> Judgement:
    changes = _changes(found, a, b)
    reordered = as_a_whole or all(same_members(change.a, change.b) for change in changes)
    if changes:
        shown = cut_pair(changes[0].a or NO_LINE, changes[0].b or NO_LINE)
    else:
        first = next(i for i, partner in enumerate(found.partners) if partner != i)
        shown = cut_pair(a[first], b[first])
    notes = ["lines reordered"] if found.moved and not as_a_whole else []
    if changes and reordered:
        notes.append("members reordered")
    lines = max(len(a), len(b))
    if changes and lines > 1 and not as_a_whole:
        notes.append(f"{len(changes)} of {lines} lines differ")
    details = []
    for change in changes[1 : DETAILS + 1]:
        shown_a, shown_b = cut_pair(change.a, change.b, 50)
        details.append(f"{change.name}: {shown_a} | {shown_b}")
    names = [change.name for change in changes]
    return Judgement(
        sameness=Sameness.ORDERING if reordered else Sameness.DIFFERENT,
        a=shown[0],
        b=shown[1],
        note=", ".join(notes),
        details=tuple(details),
        parts=tuple(dict.fromkeys([*names, "line order"] if found.moved else names)),
        pairs=tuple((change.a, change.b) for change in changes[:MAX_PAIRS]),
    )


def _changes(found: Alignment, a: list[str], b: list[str]) -> list[_Change]:
    """The differing lines by A's numbers, so that the same change has the same name whatever the other run is."""
    pairs = (*enumerate(found.partners), *found.changes)
    before = {j: i + 1 for i, j in pairs if i is not None and j is not None}
    anchors = [0]
    for j in range(len(b)):
        anchors.append(before.get(j, anchors[-1]))
    changes = []
    for left, right in found.changes:
        name = f"line {left + 1}" if left is not None else f"after line {anchors[right or 0]}"
        shown = "" if left is None else a[left], "" if right is None else b[right]
        changes.append(_Change(name=name, a=shown[0], b=shown[1]))
    return changes


def _form(line: str) -> tuple[str, ...]:
    """The words of a line without its numbers."""
    return tuple(" ".join(word.split()) for word in _NUMBER.split(line))


def _kind(a: str, b: str, context: Context) -> Kind:
    """``numbers``: the same words, and numbers within tolerance; ``layout``: only white space differs."""
    if _form(a) != _form(b):
        return "apart"
    pairs = list(zip(_NUMBER.findall(a), _NUMBER.findall(b), strict=True))
    if not all(close_texts(x, y, context.tolerance) for x, y in pairs):
        return "apart"
    return "numbers" if any(x != y for x, y in pairs) else "layout"


def describe_text(value: Text) -> str:
    """The text in one short line."""
    return cut(value.text[:1000])
