"""A record against a later one: what moved around the subject, and which of its results did."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher

from pytest_reprocheck.core.findings import Effect, Sameness
from pytest_reprocheck.core.records import DataFile, Fact, Query, Record, Told
from pytest_reprocheck.core.tolerance import Tolerance
from pytest_reprocheck.core.trace import Aspect, NotCompared, Place
from pytest_reprocheck.records.judging import Apart, Rules, judge
from pytest_reprocheck.records.making import SPLIT, fact_name
from pytest_reprocheck.records.telling import block_rows

_TEST = re.compile(r"\[\d*[13579]\]")
_CELL = re.compile(r"cell\[(\d+)\]")
_STAGES: Sequence[Aspect] = ("data", "state", "features", "training", "predictions", "outputs", "artifacts")
"""Aspects in the order in which one leads to another."""
_SHOWN = 4
_BROUGHT = frozenset({"blas", "numpy features", "python build", "python compiler", "python threads", "thread pools"})
"""Circumstances that packages bring with them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Moved:
    """One thing around a subject that is not what it was."""

    name: str
    """A file, a query, a function, a package, a circumstance."""
    what: str
    """How it moved."""
    place: Place | None = None
    """The user's line that it belongs to, in the newer checkout."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Changes:
    """All that moved from one record to another."""

    data: tuple[Moved, ...]
    code: tuple[Moved, ...]
    packages: tuple[Moved, ...]
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
    data = (*_files(old, new), *_queries(old, new))
    packages = tuple(_packages(old, new))
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
        code=tuple(_code(old, new)),
        packages=packages,
        host=tuple(_host(old, new)),
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
    # Scores say most of predictions.
    for effect in sorted(effects, key=lambda each: each.note != ""):
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


def moved_cells(old: Mapping[str, Mapping[str, str]], new: Mapping[str, Mapping[str, str]]) -> Mapping[int, int]:
    """Old index of a cell -> its index now; of changed cells between unchanged ones as long as they are as many."""
    olds, news = _cells(old), _cells(new)
    found: dict[int, int] = {}
    matcher = SequenceMatcher(a=[text for _, text in olds], b=[text for _, text in news], autojunk=False)
    for kind, first, last, start, end in matcher.get_opcodes():
        if kind == "equal" or (kind == "replace" and last - first == end - start):
            pairs = zip(olds[first:last], news[start:end], strict=True)
            found |= {before: after for (before, _), (after, _) in pairs}
    return found


def _cells(code: Mapping[str, Mapping[str, str]]) -> list[tuple[int, str]]:
    found = [
        (int(match[1]), str(sorted(parts.items()))) for where, parts in code.items() if (match := _CELL.search(where))
    ]
    return sorted(found)


def _files(old: Record, new: Record) -> Iterator[Moved]:
    for path in sorted({*old.files, *new.files}):
        before, after = old.files.get(path), new.files.get(path)
        place = new.places.get(f"file {path}")
        if before is None:
            yield Moved(name=path, what="is read, and was not before", place=place)
        elif after is None:
            yield Moved(name=path, what="was read, and is not any more", place=place)
        elif before.digest != after.digest:
            yield Moved(name=path, what=file_change(before, after), place=place)


def file_change(old: DataFile, new: DataFile) -> str:
    """How a file that is not the same differs, as far as it was told."""
    a, b = old.told, new.told
    if a is None or b is None:
        return (
            f"other bytes (size {old.size} -> {new.size})" if old.size != new.size else "other bytes of the same size"
        )
    if a.names_digest != b.names_digest:
        if a.names_unordered == b.names_unordered:
            return "columns reordered"
        gone = [name for name in a.names if name not in b.names]
        fresh = [name for name in b.names if name not in a.names]
        if len(gone) == len(fresh) == 1 and len(a.names) == len(b.names):
            return f"column {gone[0]} is now {fresh[0]}"
        told = [f"{word} {_listed(names)}" for word, names in (("without", gone), ("with", fresh)) if names]
        return f"other columns: {', '.join(told) or 'other names'}"
    if a.digest == b.digest:
        return "other bytes, the same table"
    if a.rows and a.rows == b.rows:
        return "rows reordered"
    changed = [path for path in b.parts if path not in a.parts or a.parts[path].digest != b.parts[path].digest]
    retyped = [
        f"{path} ({a.parts[path].type} -> {b.parts[path].type})"
        for path in changed
        if path in a.parts and a.parts[path].type != b.parts[path].type
    ]
    told = [f"{a.length} -> {b.length} rows"] if a.length != b.length else []
    told += [f"values changed in {_listed(changed)}"] if changed and a.length == b.length else []
    told += [f"other types: {_listed(retyped)}"] if retyped else []
    return ", ".join([*told, *_where(a, b, changed)])


def _where(a: Told, b: Told, changed: Sequence[str]) -> list[str]:
    """The rows that differ, as far as the digests of their stretches tell."""
    if a.length != b.length:
        return []
    rows = block_rows(a.length)
    blocks = sorted(
        {
            number
            for path in changed
            if path in a.parts
            for number, (one, other) in enumerate(zip(a.parts[path].blocks, b.parts[path].blocks, strict=False))
            if one != other
        }
    )
    if not blocks:
        return []
    spans: list[list[int]] = []
    for number in blocks:
        if spans and spans[-1][1] == number - 1:
            spans[-1][1] = number
        else:
            spans.append([number, number])
    shown = [f"{first * rows + 1}-{min((last + 1) * rows, a.length)}" for first, last in spans]
    return [f"rows {_listed(shown)}"]


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:_SHOWN]) + (f" ... ({len(names)})" if len(names) > _SHOWN else "")


def _queries(old: Record, new: Record) -> Iterator[Moved]:
    """Queries of the same text and place; other texts are a change of code."""
    olds = _numbered(old.queries)
    for key, after in _numbered(new.queries).items():
        before = olds.get(key)
        if before is None or before.ordered == after.ordered:
            continue
        place = new.places.get(f"query {after.where} {after.text}")
        name = f"query {after.text[:60]}"
        if before.parameters != after.parameters:
            yield Moved(name=name, what="other parameters", place=place)
        elif before.unordered == after.unordered:
            yield Moved(name=name, what="rows reordered", place=place)
        elif before.columns != after.columns:
            yield Moved(
                name=name, what=f"other columns: {_listed(before.columns)} -> {_listed(after.columns)}", place=place
            )
        else:
            what = f"{before.rows} -> {after.rows} rows" if before.rows != after.rows else "other values"
            yield Moved(name=name, what=what, place=place)


def _numbered(queries: Sequence[Query]) -> dict[tuple[str, str, int], Query]:
    found: dict[tuple[str, str, int], Query] = {}
    for query in queries:
        number = 0
        while (query.where, query.text, number) in found:
            number += 1
        found[query.where, query.text, number] = query
    return found


def _code(old: Record, new: Record) -> Iterator[Moved]:
    """Functions and cells whose text differs; cells that only moved have not changed."""
    cells = moved_cells(old.code, new.code)
    olds = {
        _CELL.sub(lambda found: f"cell[{cells.get(int(found[1]), -1)}]", where): parts
        for where, parts in old.code.items()
    }
    for where, parts in new.code.items():
        before = olds.get(where)
        if before is None:
            yield Moved(name=where, what="new", place=new.places.get(f"code {where} "))
            continue
        for name in sorted({*before, *parts}):
            if before.get(name) == parts.get(name):
                continue
            what = "new" if name not in before else "gone" if name not in parts else "changed"
            place = new.places.get(f"code {where} {name}") or new.places.get(f"code {where} ")
            yield Moved(name=f"{where} {name}".strip(), what=what, place=place)
    for where in old.code:
        found = _CELL.search(where)
        is_gone = int(found[1]) not in cells if found else where not in new.code
        if is_gone:
            yield Moved(name=where, what="gone")


def _packages(old: Record, new: Record) -> Iterator[Moved]:
    before, after = ({"python": each.python, **each.packages} for each in (old, new))
    for name in sorted({*before, *after}, key=lambda each: (each != "python", each)):
        one, other = before.get(name), after.get(name)
        if one != other:
            what = (
                f"{one} -> {other}"
                if one and other
                else f"{other}, not there before"
                if other
                else f"{one}, not there now"
            )
            yield Moved(name=name, what=what)


def _host(old: Record, new: Record) -> Iterator[Moved]:
    """What differs in the machine, as far as both say it; not what came with another version of a package."""
    brought = _BROUGHT if old.packages != new.packages or old.python != new.python else frozenset()
    before, after = ({**each.host, "threads of a run": str(each.conditions.threads)} for each in (old, new))
    for name in sorted(before.keys() & after.keys() - brought):
        if before[name] != after[name]:
            yield Moved(name=name, what=f"{before[name] or '(none)'} -> {after[name] or '(none)'}")
