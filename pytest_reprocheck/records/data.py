"""What moved of the data between two records: files and queries, as far as their digests tell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pytest_reprocheck.core.records import DataFile, Query, Record, Told
from pytest_reprocheck.records.around import Moved
from pytest_reprocheck.records.telling import block_rows

_SHOWN = 4


def data_moved(old: Record, new: Record) -> Iterator[Moved]:
    """Files and queries that are not what they were."""
    yield from _files(old, new)
    yield from _queries(old, new)


def _files(old: Record, new: Record) -> Iterator[Moved]:
    elsewhere = _renamed(old, new)
    for path in sorted({*old.files, *new.files} - elsewhere):
        before, after = old.files.get(path), new.files.get(path)
        place = new.places.get(f"file {path}")
        if before is None:
            yield Moved(name=path, what="is read, and was not before", place=place)
        elif after is None:
            yield Moved(name=path, what="was read, and is not any more", place=place)
        elif before.digest != after.digest:
            yield Moved(name=path, what=file_change(before, after), place=place)


def _renamed(old: Record, new: Record) -> set[str]:
    """Files of the same content that are read under another name, by both names: these are the same data."""
    gone = {old.files[path].digest: path for path in sorted(old.files.keys() - new.files.keys())}
    come = {new.files[path].digest: path for path in sorted(new.files.keys() - old.files.keys())}
    return {path for digest in gone.keys() & come.keys() for path in (gone[digest], come[digest])}


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
        if before.rows == after.rows and _way(before) != _way(after):
            continue  # fetched as something else: that is the code's doing
        place = new.places.get(f"query {after.where} {after.text}")
        name = f"query {after.text[:60]}"
        if before.parameters != after.parameters:
            yield Moved(name=name, what="other parameters", place=place)
        elif before.unordered and before.unordered == after.unordered:
            yield Moved(name=name, what="rows reordered", place=place)
        elif before.columns != after.columns:
            yield Moved(
                name=name, what=f"other columns: {_listed(before.columns)} -> {_listed(after.columns)}", place=place
            )
        else:
            what = f"{before.rows} -> {after.rows} rows" if before.rows != after.rows else "other values"
            yield Moved(name=name, what=what, place=place)


def _way(query: Query) -> str:
    """What the rows were fetched as, where that was no rows."""
    return query.ordered.partition(":")[0] if ":" in query.ordered else ""


def _numbered(queries: Sequence[Query]) -> dict[tuple[str, str, int], Query]:
    found: dict[tuple[str, str, int], Query] = {}
    for query in queries:
        number = 0
        while (query.where, query.text, number) in found:
            number += 1
        found[query.where, query.text, number] = query
    return found
