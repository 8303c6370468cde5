"""Findings from what moved since a record: which cause, at which line, with which effect."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from shlex import quote

from pytest_reprocheck.core.causes import UNLIKE_RECORD
from pytest_reprocheck.core.environments import PYTHON
from pytest_reprocheck.core.findings import Effect, Finding, Sameness, Severity, finding_id
from pytest_reprocheck.core.sources import Unit, unit_at
from pytest_reprocheck.core.trace import Place
from pytest_reprocheck.records.around import Moved
from pytest_reprocheck.records.comparing import Changes

_NAMES = {"data-changed": "data", "code-changed": "code", "dependency-drift": "packages", "host-changed": "the machine"}
_SHOWN = 4


@dataclass(frozen=True, kw_only=True, slots=True)
class _Group:
    """What moved of one kind, and belongs to one line."""

    cause: str
    place: Place
    moved: tuple[Moved, ...]
    follows: bool = False
    """Whether it comes of another cause, and is none itself."""


def drift_findings(
    changes: Changes, *, subject: str, units: Sequence[Unit], accept: Collection[str]
) -> tuple[Finding, ...]:
    """One finding for each cause and line; the effects stand with the first one, and none is blamed among several.

    Args:
        changes: since the record.
        subject: its path, where what belongs to no line is located.
        units: the code that ran.
        accept: causes that the user expects.
    """
    groups = [*_groups(changes, subject)]
    causes = list(dict.fromkeys(group.cause for group in groups if not group.follows))
    hard = [cause for cause in causes if cause != "host-changed"] or causes
    found = []
    for number, group in enumerate(groups):
        is_first = number == 0
        effects = changes.effects if is_first and group.cause in hard else ()
        if is_first and not effects:
            effects = changes.values or (changes.within if group.cause == "host-changed" else ())
        found.append(_finding(group, changes, effects, hard, subject=subject, units=units, accept=accept))
    if not groups and changes.effects:
        found.append(_unexplained(changes.effects, subject))
    return tuple(found)


def _groups(changes: Changes, subject: str) -> Iterator[_Group]:
    whole = Place(path=subject)
    for cause, moved in (
        ("data-changed", changes.data),
        ("code-changed", changes.code),
        ("dependency-drift", (*changes.packages, *changes.imports)),
        ("host-changed", changes.host),
    ):
        by_place: dict[Place, list[Moved]] = {}
        for each in moved:
            by_place.setdefault(each.place or whole, []).append(each)
        for place, group in by_place.items():
            follows = cause == "dependency-drift" and not changes.packages
            yield _Group(cause=cause, place=place, moved=tuple(group), follows=follows)


def _finding(
    group: _Group,
    changes: Changes,
    effects: Sequence[Effect],
    causes: Sequence[str],
    *,
    subject: str,
    units: Sequence[Unit],
    accept: Collection[str],
) -> Finding:
    unit = unit_at(units, group.place)
    source = unit.line(group.place.line) if unit is not None else ""
    # What changed on purpose may change values; where it changed more than those, it is told as any other.
    accepted = group.cause in accept and not (group.cause == "data-changed" and changes.effects)
    return Finding(
        id=finding_id(group.cause, group.place, source),
        cause=group.cause,
        severity="info" if accepted or group.follows else _severity(group.cause, changes, causes),
        confirmed=False,
        aspects=tuple(sorted({effect.aspect for effect in effects})),
        location=group.place,
        source=source,
        effects=tuple(effects),
        message=_message(group, changes, causes),
        remedy=_remedy(group, subject),
        allowed="it is expected to change (accept)" if accepted else "",
    )


def _severity(cause: str, changes: Changes, causes: Sequence[str]) -> Severity:
    """Drift with an effect is an error, drift without one a warning; another machine alone is neither."""
    if cause == "host-changed":
        return "error" if changes.effects and "host-changed" in causes else "info"
    results = [effect for effect in changes.effects if not effect.what.endswith(" parameters")]
    # Another version may name or fill in its parameters differently, and give the same results.
    return "error" if results or (changes.effects and cause != "dependency-drift") else "warning"


def _message(group: _Group, changes: Changes, causes: Sequence[str]) -> str:
    listed = ", ".join(f"{each.name} {each.what}" for each in group.moved[:_SHOWN])
    if len(group.moved) > _SHOWN:
        listed += f" ... ({len(group.moved)})"
    text = f"since the record: {listed}"
    others = [_NAMES[cause] for cause in causes if cause != group.cause]
    if not changes.effects:
        return f"{text}; no result is another" if not changes.values else f"{text}; values alone differ"
    if others and group.cause in causes:
        text += f"; {' and '.join(others)} changed, too, and no experiment tells which of them did it"
    elif group.cause in causes:
        same = [
            name for cause, name in _NAMES.items() if cause not in (*causes, "host-changed") and cause != group.cause
        ]
        text += f"; {' and '.join(same)} are as they were"
    if group.cause == "data-changed" and changes.other_split is not None:
        text += f"; the split at {changes.other_split} gives another test set, so scores are not comparable"
    return text


def _remedy(group: _Group, subject: str) -> str:
    anew = f"if it is meant: reprocheck audit {quote(subject)} --update"
    if group.cause == "data-changed":
        return f'{anew}\nfor trainings on ever new data: accept = ["data-changed"]'
    if group.cause == "dependency-drift":
        pins = [f"{each.name}=={each.what.partition(' -> ')[0]}" for each in group.moved if " -> " in each.what]
        pins = [pin for pin in pins if not pin.startswith(f"{PYTHON}==")]
        return f"uv pip install {' '.join(pins)}\n{anew}" if pins else anew
    return anew


def _unexplained(effects: Sequence[Effect], subject: str) -> Finding:
    place = Place(path=subject)
    return Finding(
        id=finding_id("unexplained", place, "record"),
        cause="unexplained",
        severity="error",
        confirmed=False,
        aspects=tuple(sorted({effect.aspect for effect in effects})),
        location=place,
        effects=tuple(effects),
        message=f"{UNLIKE_RECORD}, and data, code, packages and machine are as they were",
        remedy=f"if it is meant: reprocheck audit {quote(subject)} --update",
    )


def outcome_effect(message: str, place: str) -> Effect:
    """The effect of a subject that ran when its record was made, and does not now."""
    return Effect(aspect="outputs", place=place, what="outcome", sameness=Sameness.DIFFERENT, a="finished", b=message)
