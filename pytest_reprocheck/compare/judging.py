"""What comparators take and give."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pytest_reprocheck.compare.normalise import Own
from pytest_reprocheck.core.findings import Sameness
from pytest_reprocheck.core.rules import FieldRule
from pytest_reprocheck.core.tolerance import Tolerance
from pytest_reprocheck.core.trace import Aspect

SHORT = 80
"""Characters of a value shown in one line."""
DETAILS = 8
"""Further lines that tell what differs."""
_ORDER = list(Sameness)
_CONTROL = re.compile(r"\x1b\[[0-9;?]{0,20}[A-Za-z]|[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ud800-\udfff]")


@dataclass(frozen=True, kw_only=True, slots=True)
class Context:
    """What a comparator may need besides the two values."""

    a_blobs: Path | None
    """Folder of run A's array data and images; None when it is gone."""
    b_blobs: Path | None
    a_own: Own
    """Run A's own folders."""
    b_own: Own
    tolerance: Tolerance
    """What holds for this fact."""
    aspect: Aspect
    what: str
    """What the values are, as ``RandomForestClassifier.predict``."""
    rules: tuple[FieldRule, ...] = ()
    """The user's own normalisers of this aspect."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Judgement:
    """How two values that are not identical differ."""

    sameness: Sameness
    """IDENTICAL when nothing that could be compared differs; ``not_compared`` then says what could not."""
    a: str
    b: str
    note: str = ""
    details: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    pairs: tuple[tuple[str, str], ...] = ()
    """Differing lines of two texts, of the first ones only."""
    not_compared: tuple[str, ...] = ()
    """Why parts of the values could not be compared."""


def combined(pieces: Sequence[tuple[str, Judgement | None]]) -> Judgement | None:
    """Judgements of the pieces of one value as one, as bad as the worst; the pieces that are as bad are told.

    The names of pieces go before the names of their parts; an empty name adds nothing.
    """
    differing = [(name, judgement) for name, judgement in pieces if judgement is not None]
    if not differing:
        return None
    sameness = worst([judgement.sameness for _name, judgement in differing])
    telling = [(name, judgement) for name, judgement in differing if judgement.sameness is sameness]
    first = telling[0][1]
    if sameness is Sameness.NORMALISED:
        note = ", ".join(sorted({name for _name, judgement in telling for name in judgement.note.split(", ")}))
    else:
        rest = f"{len(telling) - 1} more pieces differ" if len(telling) > 1 else ""
        note = ", ".join(filter(None, (first.note, rest)))
    others = tuple(
        f"{name or 'text'}: {cut(judgement.a, 50)} | {cut(judgement.b, 50)}" for name, judgement in telling[1:]
    )
    counting = [(name, judgement) for name, judgement in differing if judgement.sameness.counts]
    return Judgement(
        sameness=sameness,
        a=first.a,
        b=first.b,
        note=note,
        details=(*first.details, *others)[:DETAILS],
        parts=tuple(_part(name, part) for name, judgement in counting or telling for part in judgement.parts),
        pairs=tuple(pair for _name, judgement in counting for pair in _pairs(judgement)),
        not_compared=tuple(reason for _name, judgement in differing for reason in judgement.not_compared),
    )


def _part(name: str, part: str) -> str:
    if part == "all":
        return name or part
    return f"{name}: {part}" if name else part


def _pairs(judgement: Judgement) -> tuple[tuple[str, str], ...]:
    return judgement.pairs or ((judgement.a, judgement.b),)


def worst(samenesses: list[Sameness]) -> Sameness:
    """The one with the least in common."""
    return max(samenesses, key=_ORDER.index)


def cut(text: str, width: int = SHORT) -> str:
    """At most ``width`` characters of one line that can be printed, the cut shown."""
    line = " ".join(_CONTROL.sub(lambda found: "" if len(found.group()) > 1 else "?", text).split())
    return line if len(line) <= width else line[: width - 4].rstrip() + " ..."


def telling(shown: tuple[str, str], details: Sequence[str]) -> tuple[str, str]:
    """Both values; where they look alike, the first detail, ``age[3]: 31 | 33`` as what each side has there."""
    if not details or shown[0] != shown[1]:
        return shown
    where, _, values = details[0].partition("]: ")
    left, found, right = values.partition(" | ")
    return (cut(f"{where}] {left}"), cut(f"{where}] {right}")) if found else shown


def cut_pair(a: str, b: str, width: int = SHORT) -> tuple[str, str]:
    """Two lines cut around the first character that differs."""
    a, b = " ".join(a.split()), " ".join(b.split())
    if max(len(a), len(b)) <= width:
        return cut(a, width), cut(b, width)
    first = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    start = max(0, first - width // 2)
    lead = "... " if start else ""
    return cut(lead + a[start:], width), cut(lead + b[start:], width)
