"""What a record has of a value against what another record has of it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from pytest_reprocheck.core.findings import Sameness
from pytest_reprocheck.core.records import Part, Told
from pytest_reprocheck.core.tolerance import Tolerance
from pytest_reprocheck.records.numbers import read_lines
from pytest_reprocheck.records.pictures import same_tile
from pytest_reprocheck.records.telling import MORE, MOST_PARTS

_LIMITS = {"f8": (1e-7, 1e-7), "f4": (1.3e-6, 1e-5), "f2": (1e-3, 1e-5)}
_ROUNDING = 2e-9
"""By how much two equal numbers may be apart after rounding to 9 digits."""
_WORST = (Sameness.DIFFERENT, Sameness.DECISIONS, Sameness.ORDERING, Sameness.TOLERANCE, Sameness.IDENTICAL)
_SHOWN = 4
"""Names that a note lists."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Apart:
    """How two values that are not identical differ."""

    sameness: Sameness
    a: str
    b: str
    note: str = ""
    not_compared: str = ""
    """Why part of them was not compared."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rules:
    """How two values are compared."""

    tolerance: Tolerance
    """What holds for this fact."""
    exact: bool
    """Whether both records have digests of one algorithm."""
    lenient: bool
    """Whether what only one side has is no difference: another version of a library names other attributes."""
    labels: bool
    """Whether integers are decisions."""
    structure: bool = False
    """Whether everything but values is compared."""


def judge(a: Told, b: Told, rules: Rules) -> Apart | None:
    """None when nothing that both sides know differs."""
    if rules.exact and a.digest and a.digest == b.digest:
        return None
    if _class(a.type) != _class(b.type):
        return Apart(sameness=Sameness.DIFFERENT, a=a.type, b=b.type, note="type")
    named = _names_apart(a, b)
    if named is not None and named.sameness is Sameness.DIFFERENT:
        return named
    found = [*_parts_apart(a, b, rules)]
    if rules.structure:
        found = [each for each in found if each[1].note in _STRUCTURAL]
    elif found and named is None and rules.exact and a.rows and a.rows == b.rows and not _has_values(a):
        return Apart(sameness=Sameness.ORDERING, a=_size(a), b=_size(b), note="rows reordered")
    if not rules.structure and not found and a.length != b.length:
        found = [("", Apart(sameness=Sameness.DIFFERENT, a=_size(a), b=_size(b), note="length"))]
    return _combined(([("", named)] if named is not None else []) + found, len(a.parts))


def _has_values(told: Told) -> bool:
    return any(part.values for part in told.parts.values())


_GONE = ("in the record only", "not in the record")
_STRUCTURAL = ("type", "dimensions", "in the record only", "not in the record")


def _class(name: str) -> str:
    """A type's name without the module that a library keeps it in."""
    return name.rpartition(".")[2]


def _size(told: Told) -> str:
    return f"{told.type} of {told.length}" if told.length >= 0 else told.type


def _names_apart(a: Told, b: Told) -> Apart | None:
    if a.names_digest == b.names_digest:
        return None
    shown = _listed(a.names), _listed(b.names)
    if a.names_unordered == b.names_unordered:
        return Apart(sameness=Sameness.ORDERING, a=shown[0], b=shown[1], note="columns reordered")
    gone = [name for name in a.names if name not in b.names]
    new = [name for name in b.names if name not in a.names]
    notes = [f"{word} {_listed(names)}" for word, names in (("gone:", gone), ("new:", new)) if names]
    numbered = "other names, all of them numbered in records"
    return Apart(sameness=Sameness.DIFFERENT, a=shown[0], b=shown[1], note="; ".join(notes) or numbered)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:_SHOWN]) + (f" ... ({len(names)})" if len(names) > _SHOWN else "")


def _parts_apart(a: Told, b: Told, rules: Rules) -> Iterator[tuple[str, Apart]]:
    told: set[str] = set()
    for path in sorted({*a.parts, *b.parts}, key=lambda each: (each == MORE, each)):
        left, right = a.parts.get(path), b.parts.get(path)
        if path == MORE and rules.lenient:
            continue
        if left is not None and right is not None:
            apart = _part_apart(path.rpartition(".")[2], left, right, rules)
            if apart is not None:
                yield path, apart
        elif not rules.lenient and not _is_folded(b if right is None else a):
            note = "not in the record" if left is None else "in the record only"
            whole = _outermost(path, b.parts if right is None else a.parts)
            if whole in told:
                continue
            told.add(whole)
            alone = whole == path
            shown = [each.text or each.type if each is not None else "(absent)" for each in (left, right)]
            first, second = (
                shown if alone else ["(there)" if each is not None else "(absent)" for each in (left, right)]
            )
            yield whole, Apart(sameness=Sameness.DIFFERENT, a=first, b=second, note=note)


def _is_folded(told: Told) -> bool:
    """Whether a value had more parts than are told: what is not among them may be there."""
    return len(told.parts) > MOST_PARTS


def _outermost(path: str, others: Collection[str]) -> str:
    """The longest beginning of a path that the other side has nothing of: a member, and not each part of it."""
    names = path.split(".")
    for count in range(1, len(names)):
        start = ".".join(names[:count])
        if not any(other == start or other.startswith((f"{start}.", f"{start}[")) for other in others):
            return start
    return path


def _part_apart(name: str, a: Part, b: Part, rules: Rules) -> Apart | None:
    if rules.exact and a.digest and a.digest == b.digest:
        return None
    numbers = _number(a.text), _number(b.text)
    if None not in numbers:
        return _number_apart(a, b, rules.tolerance.of(name))
    if a.text and b.text:
        return None if a.text == b.text else Apart(sameness=Sameness.DIFFERENT, a=a.text, b=b.text)
    if a.type != b.type:
        shown = a.text or a.type, b.text or b.type
        return Apart(sameness=Sameness.DIFFERENT, a=shown[0], b=shown[1], note="type")
    if len(a.shape) == 2 and a.type.startswith("image/"):
        return _tiles_apart(a, b)
    if "/" in a.type:
        return _lines_apart(a, b)
    if a.shape != b.shape:
        is_structural = len(a.shape) != len(b.shape) or (len(a.shape) > 1 and a.shape[-1] != b.shape[-1])
        note = "dimensions" if is_structural else "length"
        return Apart(sameness=Sameness.DIFFERENT, a=str(list(a.shape)), b=str(list(b.shape)), note=note)
    return _array_apart(a, b, rules, rules.tolerance.of(name))


def _number(text: str) -> float | None:
    try:
        return float(text) if text not in ("True", "False") else None
    except ValueError:
        return None


def _limits(tolerance: Tolerance, kind: str) -> tuple[float, float]:
    rtol, atol = _LIMITS.get(kind.lstrip("<>=|"), _LIMITS["f8"])
    rtol = rtol if tolerance.rtol is None else tolerance.rtol
    return rtol + _ROUNDING, atol if tolerance.atol is None else tolerance.atol


def _number_apart(a: Part, b: Part, tolerance: Tolerance) -> Apart | None:
    rtol, atol = _limits(tolerance, a.type)
    left, right = float(a.text), float(b.text)
    if a.text == b.text or (left != left and right != right):  # noqa: PLR0124 - NaN is like NaN
        return None
    close = abs(left - right) <= atol + rtol * max(abs(left), abs(right))
    return Apart(sameness=Sameness.TOLERANCE if close else Sameness.DIFFERENT, a=a.text, b=b.text)


def _tiles_apart(a: Part, b: Part) -> Apart:
    """Pictures tile by tile."""
    shown = f"{a.shape[1]}x{a.shape[0]} image", f"{b.shape[1]}x{b.shape[0]} image"
    if a.shape != b.shape or len(a.grids) != len(b.grids):
        return Apart(sameness=Sameness.DIFFERENT, a=shown[0], b=shown[1], note="size of the picture")
    differing = sum(not same_tile(one, other) for one, other in zip(a.grids, b.grids, strict=True))
    if not differing:
        return Apart(sameness=Sameness.TOLERANCE, a=shown[0], b=shown[1], note="pixels within rounding")
    note = f"{differing} of {len(a.grids)} tiles of the picture differ"
    return Apart(sameness=Sameness.DIFFERENT, a=shown[0], b=shown[1], note=note)


def _lines_apart(a: Part, b: Part) -> Apart | None:
    """Texts line by line, as far as digests tell."""
    if a.digest == b.digest:
        return None
    differing = [
        number
        for number, (one, other) in enumerate(zip(a.grids, b.grids, strict=False))
        if not {*one.split()} & {*other.split()}
    ]
    if not differing and len(a.grids) == len(b.grids) and a.grids:
        return Apart(sameness=Sameness.TOLERANCE, a="", b="", note="numbers within tolerance")
    if not a.grids or not b.grids:
        return Apart(sameness=Sameness.DIFFERENT, a="(digest)", b="(digest)", not_compared="of it digests are kept")
    first = differing[0] if differing else min(len(a.grids), len(b.grids))
    shown = [
        each.values[first]
        if first < len(each.values) and each.values[first]
        else f"(line {first + 1})"
        if first < len(each.grids)
        else "(no line)"
        for each in (a, b)
    ]
    count = len(differing) + abs(len(a.grids) - len(b.grids))
    note = f"{count} of {max(len(a.grids), len(b.grids))} lines differ, line {first + 1} first"
    return Apart(sameness=Sameness.DIFFERENT, a=shown[0], b=shown[1], note=note)


def _array_apart(a: Part, b: Part, rules: Rules, tolerance: Tolerance) -> Apart | None:
    is_default = tolerance.rtol is None and tolerance.atol is None
    if any(one == other for one, other in zip(a.grids, b.grids, strict=False)) and is_default:
        exact = len(a.grids) == 1
        return None if exact else Apart(sameness=Sameness.TOLERANCE, a=_first(a), b=_first(b), note="within tolerance")
    if not rules.exact and not (a.grids and b.grids):
        why = "its digest was made by another algorithm"
        return Apart(sameness=Sameness.IDENTICAL, a="", b="", not_compared=why)
    if not a.values or not b.values or a.every != b.every:
        note = "" if a.grids else "compared by digest"
        return Apart(sameness=Sameness.DIFFERENT, a="(digest)", b="(digest)", note=note)
    left, right = read_lines(a.values), read_lines(b.values)
    if len(left) != len(right):
        return Apart(sameness=Sameness.DIFFERENT, a=f"{len(left)} kept", b=f"{len(right)} kept", note="length")
    rtol, atol = _limits(tolerance, a.type)
    close = np.isclose(left, right, rtol=rtol, atol=atol, equal_nan=True)
    shown = _first(a), _first(b)
    if close.all():
        if a.every == 1:
            return Apart(sameness=Sameness.TOLERANCE, a=shown[0], b=shown[1], note="within tolerance")
        why = f"one of {a.every} numbers is kept, and those are within tolerance"
        return Apart(sameness=Sameness.TOLERANCE, a=shown[0], b=shown[1], not_compared=why)
    at = int(np.flatnonzero(~close)[0])
    count, total = int((~close).sum()), len(left)
    what = "decisions flip" if rules.labels and a.type[1:2] in ("i", "u", "b", "b") else "numbers differ"
    note = f"{count} of {total} {what}" + (f" (one of {a.every} is kept)" if a.every > 1 else "")
    if what == "numbers differ":
        note += f", by up to {np.nanmax(np.abs(left - right)):.3g}"
    return Apart(sameness=Sameness.DIFFERENT, a=f"{left[at]:.6g}", b=f"{right[at]:.6g}", note=note)


def _first(part: Part) -> str:
    return part.values[0].split()[0] if part.values else "(digest)"


def _combined(found: Sequence[tuple[str, Apart]], total: int) -> Apart | None:
    """The worst of all, with the count of the others."""
    if not found:
        return None
    worst = next(kind for kind in _WORST if any(apart.sameness is kind for _path, apart in found))
    # What says something comes first: a member that is gone, then values, then bare digests.
    telling = sorted(
        ((path, apart) for path, apart in found if apart.sameness is worst),
        key=lambda each: (each[0] == MORE, each[1].note not in _GONE, each[1].a == "(digest)"),
    )
    path, first = telling[0]
    if not first.note and first.a == "(digest)":
        listed = _listed([path for path, _apart in telling])
        return Apart(sameness=worst, a="", b="", note=f"values differ in {listed}" if total > 1 else "values differ")
    name = path if path not in ("", "value") and (total > 1 or first.note in _GONE) else ""
    others = len(telling) - 1
    notes = [text for text in (f"{name}: {first.note}" if name and first.note else name or first.note,) if text]
    if others:
        named = ", ".join(path for path, _apart in telling[1 : _SHOWN + 1])
        notes.append(f"also {named}" + (f" ... ({others})" if others > _SHOWN else ""))
    reasons = dict.fromkeys(apart.not_compared for _path, apart in found if apart.not_compared)
    return Apart(sameness=worst, a=first.a, b=first.b, note="; ".join(notes), not_compared="; ".join(reasons))
