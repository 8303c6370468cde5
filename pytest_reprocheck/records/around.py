"""What moved around a subject between two records: its code, its packages, the machine."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher

from pytest_reprocheck.core.records import Record
from pytest_reprocheck.core.trace import Place

_CELL = re.compile(r"cell\[(\d+)\]")
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


def moved_cells(old: Mapping[str, Mapping[str, str]], new: Mapping[str, Mapping[str, str]]) -> Mapping[int, int]:
    """Old index of a cell -> its index now; of changed cells between unchanged ones as long as they are as many.

    A cell that stands elsewhere is known by its code.
    """
    olds, news = _cells(old), _cells(new)
    found: dict[int, int] = {}
    matcher = SequenceMatcher(a=[text for _, text in olds], b=[text for _, text in news], autojunk=False)
    for kind, first, last, start, end in matcher.get_opcodes():
        if kind == "equal" or (kind == "replace" and last - first == end - start):
            pairs = zip(olds[first:last], news[start:end], strict=True)
            found |= {before: after for (before, _), (after, _) in pairs}
    left = [each for each in news if each[0] not in found.values()]
    for before, text in olds:
        if before not in found and (after := next((index for index, other in left if other == text), None)) is not None:
            found[before] = after
            left = [each for each in left if each[0] != after]
    return found


def _cells(code: Mapping[str, Mapping[str, str]]) -> list[tuple[int, str]]:
    found = [
        (int(match[1]), str(sorted(parts.items()))) for where, parts in code.items() if (match := _CELL.search(where))
    ]
    return sorted(found)


def code_moved(old: Record, new: Record) -> Iterator[Moved]:
    """Functions and cells whose text differs, and cells that stand before another cell than they did."""
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
            line = name or f"#{_first_other(before.get('', ''), parts.get('', ''))}"
            place = new.places.get(f"code {where} {line}") or new.places.get(f"code {where} ")
            yield Moved(name=f"{where} {name}".strip(), what=what, place=place)
    for where in old.code:
        found = _CELL.search(where)
        is_gone = int(found[1]) not in cells if found else where not in new.code
        if is_gone:
            yield Moved(name=where, what="gone")
    for where in new.code:
        if (found := _CELL.search(where)) and (stood := _stood(int(found[1]), cells)) is not None:
            yield Moved(name=where, what=f"was cell[{stood}]", place=new.places.get(f"code {where} "))


def _stood(index: int, cells: Mapping[int, int]) -> int | None:
    """Where a cell stood, if a cell that is above it now stood below it."""
    before = {after: one for one, after in cells.items()}
    if index not in before:
        return None
    passed = [one for after, one in before.items() if after < index and one > before[index]]
    return before[index] if passed else None


def _first_other(old: str, new: str) -> int:
    """The first statement that is not what it was, by its number among the newer ones."""
    matcher = SequenceMatcher(a=old.split(), b=new.split(), autojunk=False)
    return next((start for kind, _first, _last, start, _end in matcher.get_opcodes() if kind != "equal"), 0)


def packages_moved(old: Record, new: Record) -> Iterator[Moved]:
    """Python, and packages of which there is another version."""
    before, after = ({"python": each.python, **each.packages} for each in (old, new))
    for name in sorted(before.keys() & after.keys(), key=lambda each: (each != "python", each)):
        if before[name] != after[name]:
            yield Moved(name=name, what=f"{before[name] or '(unknown)'} -> {after[name] or '(unknown)'}")


def imports_moved(old: Record, new: Record) -> Iterator[Moved]:
    """Packages that only one of both imports."""
    for name in sorted(old.packages.keys() ^ new.packages.keys()):
        version = old.packages.get(name) or new.packages.get(name)
        how = "imported now" if name in new.packages else "not imported any more"
        yield Moved(name=name, what=f"{version} is {how}")


def host_moved(old: Record, new: Record) -> Iterator[Moved]:
    """What differs in the machine, as far as both say it; not what came with another version of a package."""
    brought = _BROUGHT if old.packages != new.packages or old.python != new.python else frozenset()
    before, after = ({**each.host, "threads of a run": str(each.conditions.threads)} for each in (old, new))
    for name in sorted(before.keys() & after.keys() - brought):
        if before[name] != after[name]:
            yield Moved(name=name, what=f"{before[name] or '(none)'} -> {after[name] or '(none)'}")
