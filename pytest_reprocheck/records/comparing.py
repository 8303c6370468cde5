"""A record against a later one: what moved around the subject, and which of its results did."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from pytest_reprocheck.core.findings import Effect, Sameness
from pytest_reprocheck.core.records import Fact, Record, Told
from pytest_reprocheck.core.tolerance import Tolerance
from pytest_reprocheck.core.trace import Aspect, NotCompared, Place
from pytest_reprocheck.records.around import Moved, code_moved, host_moved, imports_moved, moved_cells, packages_moved
from pytest_reprocheck.records.data import data_moved
from pytest_reprocheck.records.judging import Apart, Rules, judge
from pytest_reprocheck.records.making import SPLIT, fact_name

_TEST = re.compile(r"\[\d*[13579]\]")
_STAGES: Sequence[Aspect] = ("data", "state", "features", "training", "predictions", "outputs", "artifacts")
"""Aspects in the order in which one leads to another."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Changes:
    """All that moved from one record to another."""

    data: tuple[Moved, ...]
    code: tuple[Moved, ...]
    packages: tuple[Moved, ...]
    imports: tuple[Moved, ...] = ()
    """Packages that other code imports now, or does not import any more."""
    host: tuple[Moved, ...]
    effects: tuple[Effect, ...]
    """Results that differ beyond tolerance, upstream ones first."""
    within: tuple[Effect, ...]
    """Results that differ within tolerance."""
    values: tuple[Effect, ...] = ()
    """Values that differ where only structure counts."""
    other_split: Place | None = None
    """Where rows were given to other parts than before; None where they were not."""
    not_compared: tuple[NotCompared, ...] = ()


def compare_records(
    old: Record,
    new: Record,
    *,
    tolerance: Tolerance,
    unstable: Collection[tuple[str, str, Place]] = (),
    values_may_change: bool = False,
) -> Changes:
    """What moved.

    Args:
        old: the committed record.
        new: that of now, with its lines.
        tolerance: how far numbers may be apart.
        unstable: aspect, name and line of facts that differ from run to run, which say nothing of drift.
        values_may_change: compare everything but values where data changed.
    """
    data, code = tuple(data_moved(old, new)), tuple(code_moved(old, new))
    packages = tuple(packages_moved(old, new))
    imports = tuple(imports_moved(old, new))
    # Other code imports other packages: those say nothing of the environment.
    packages, imports = (packages, imports) if code else ((*packages, *imports), ())
    exact = old.digests == new.digests and bool(new.digests)
    found = _Results(new=new, unstable=unstable, structure=values_may_change and bool(data))
    if not exact:
        found.not_compared.append(_OTHER_DIGESTS)
    for before, after in _pairs(old, new):
        fact = after or before
        assert fact is not None
        found.add(fact, before, after, _rules(fact, tolerance, exact=exact, lenient=bool(packages)))
    return Changes(
        data=data,
        code=code,
        packages=packages,
        imports=imports,
        host=tuple(host_moved(old, new)),
        effects=_ordered(found.effects),
        within=_ordered(found.within),
        values=_ordered(found.values),
        other_split=found.other_split,
        not_compared=tuple(dict.fromkeys(found.not_compared)),
    )


@dataclass(kw_only=True, slots=True)
class _Results:
    """What differs of the facts, as they are compared one after the other."""

    new: Record
    unstable: Collection[tuple[str, str, Place]]
    structure: bool
    effects: list[Effect] = field(default_factory=list)
    within: list[Effect] = field(default_factory=list)
    values: list[Effect] = field(default_factory=list)
    other_split: Place | None = None
    not_compared: list[NotCompared] = field(default_factory=list)

    def add(self, fact: Fact, before: Fact | None, after: Fact | None, rules: Rules) -> None:
        """Compare one fact."""
        place = self.new.places.get(fact_name(fact)) if after is not None else None
        where = f"{fact.what} at {place or fact.where}"
        if place is not None and (fact.aspect, fact.what, place) in self.unstable:
            self.not_compared.append(NotCompared(what=f"{where} with the record", reason="it differs from run to run"))
            return
        apart = _apart(before, after, rules)
        if apart is None:
            return
        if apart.not_compared:
            self.not_compared.append(NotCompared(what=f"{where} with the record", reason=apart.not_compared))
        if apart.sameness is Sameness.IDENTICAL:
            return
        if SPLIT.fullmatch(fact.what):
            if before is not None and after is not None and _tests_others(before.told, after.told):
                self.other_split = self.other_split or place or Place(path=fact.path, cell=fact.cell)
            return
        if self.structure and not fact.what.endswith(" parameters"):
            shape = _apart(before, after, replace(rules, structure=True)) if fact.aspect in _SHAPED else None
            if shape is None:
                self.values.append(_effect(fact, place, apart))
                return
            apart = shape
        (self.effects if apart.sameness.counts else self.within).append(_effect(fact, place, apart))


_SHAPED: frozenset[Aspect] = frozenset({"features", "training", "predictions"})
"""Aspects whose facts have a structure that other data must not change."""
_OTHER_DIGESTS = NotCompared(
    what="digests of the record", reason="they were made by another algorithm; rounded values are compared"
)


def _rules(fact: Fact, tolerance: Tolerance, *, exact: bool, lenient: bool) -> Rules:
    return Rules(
        tolerance=tolerance.at(fact.aspect, fact.cell),
        exact=exact,
        lenient=lenient and fact.aspect == "training",
        labels=fact.aspect == "predictions",
    )


def _apart(before: Fact | None, after: Fact | None, rules: Rules) -> Apart | None:
    if before is None or after is None:
        note = "not in the record" if before is None else "in the record only"
        shown = [_brief(each.told) if each is not None else "(absent)" for each in (before, after)]
        return Apart(sameness=Sameness.DIFFERENT, a=shown[0], b=shown[1], note=note)
    return judge(before.told, after.told, rules)


def _brief(told: Told) -> str:
    only = told.parts.get("value")
    return (only.text if only is not None else "") or told.type


def _effect(fact: Fact, place: Place | None, apart: Apart) -> Effect:
    return Effect(
        aspect=fact.aspect,
        place=str(place) if place is not None else fact.where,
        what=fact.what,
        sameness=apart.sameness,
        a=apart.a,
        b=apart.b,
        note=apart.note,
    )


def _tests_others(before: Told, after: Told) -> bool:
    """Whether a split gives other rows to the test set: each second of what it gives. Renamed columns are no others."""
    paths = [path for path in before.parts if path in after.parts and _TEST.match(path)]
    return any(before.parts[path].digest != after.parts[path].digest for path in paths)


def _ordered(effects: Sequence[Effect]) -> tuple[Effect, ...]:
    """The first of each aspect before the second ones, upstream aspects before those that they lead to."""
    ranks: Counter[Aspect] = Counter()
    ranked = []
    # Scores say most of predictions, and parameters of trainings.
    for effect in sorted(effects, key=lambda each: (each.note != "", not each.what.endswith(" parameters"))):
        ranked.append((ranks[effect.aspect], _STAGES.index(effect.aspect), effect))
        ranks[effect.aspect] += 1
    return tuple(effect for _rank, _stage, effect in sorted(ranked, key=lambda each: each[:2]))


_Key = tuple[str, str, str, int | None, str, int]


def _pairs(old: Record, new: Record) -> Iterator[tuple[Fact | None, Fact | None]]:
    """Facts of both, those of moved cells beside each other, in the newer one's order."""
    cells = moved_cells(old.code, new.code)
    olds = {_key(fact, cells): fact for fact in old.facts}
    news = {_key(fact, {}): fact for fact in new.facts}
    for key in [*news, *(key for key in olds if key not in news)]:
        yield olds.get(key), news.get(key)


def _key(fact: Fact, cells: Mapping[int, int]) -> _Key:
    cell = fact.cell if fact.cell is None else cells.get(fact.cell, -fact.cell - 1)
    if not cells:
        cell = fact.cell
    return (fact.aspect, fact.what, fact.path, cell, fact.function, fact.number)
