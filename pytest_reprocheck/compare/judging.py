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
