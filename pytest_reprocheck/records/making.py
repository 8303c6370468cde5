"""A record from a run's trace: pure, but for the run's array data, which is read."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from pytest_reprocheck.core.records import DataFile, Fact, Query, Record
from pytest_reprocheck.core.sources import Unit
from pytest_reprocheck.core.subjects import SubjectKind
from pytest_reprocheck.core.trace import Observation, Place, Trace
from pytest_reprocheck.core.values import Items, Object, Scalar, Table, Text, Value
from pytest_reprocheck.records.code import code_of, places_of
from pytest_reprocheck.records.leaves import array_of, text_of
from pytest_reprocheck.records.telling import Look, Plain, Shown, tell
from pytest_reprocheck.records.words import words_of

MOST_PREDICTIONS = 1_000
"""Predictions of one record that are kept in clear."""
_LEAST_PREDICTIONS = 20
"""Of one call."""
_MOST_OF_A_LINE = 10
"""Facts of one kind at one place that are told one by one; the others are told together."""
_MOST_DATA = 2_000_000
"""Numbers of the data that shown ones are compared with."""
SPLIT = re.compile(r"train_test_split|\w+\.split(?! parameters)")
"""What gives rows to training and testing."""
_RULE = re.compile(r"(train_test_split|\w+\.split) parameters")
_PREDICTED = re.compile(r"\w+\.(predict\w*|fit_predict|score|decision_function|staged_\w+|score_samples)|\w+")
"""Methods whose numbers are results; functions (scores) too. Neighbours and samples are rows of the data."""
QUERY = "query "


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """A file that a run has read, as it is in the user's tree."""

    size: int
    digest: str
    content: Value | None
    """What is in it, where that is a table."""
    blobs: Path


@dataclass(frozen=True, kw_only=True, slots=True)
class Circumstances:
    """What a record says beside the trace."""

    subject: str
    kind: SubjectKind
    commit: str
    files: Mapping[str, Source]
    """By the path as the trace has it."""
    host: Mapping[str, str]
    clear: bool = False
    """Whether values are recorded in clear, whatever they are."""
    plain: Plain = field(default_factory=Plain)
    skipped: Callable[[str], bool] = field(default=lambda _name: False)


def make_record(trace: Trace, units: Sequence[Unit], around: Circumstances) -> Record:
    """The record of a run that has finished."""
    heads = [name for source in around.files.values() for name in _head(source)]
    columns = [name for item in _queries(trace) for name in _columns(item.value)]
    look = Look(
        blobs=Path(trace.blobs) if trace.blobs else None,
        known=words_of([*(unit.text for unit in units), *heads, *columns]),
        data=_data(trace, around.files.values()),
        prints=not columns and all(table_in(source.content) is not None for source in around.files.values()),
        clear=around.clear,
        plain=around.plain,
        skipped=around.skipped,
    )
    facts, places = _facts(trace, look)
    queries = [(_query(item), item.stack) for item in _queries(trace)]
    read = {access.path: access for access in reversed(trace.accesses) if access.kind == "read"}
    called = {path: stored_path(path) for path in around.files}
    return Record(
        subject=around.subject,
        kind=around.kind,
        conditions=trace.conditions,
        digests=f"{trace.facts.get('digest', '')} {trace.facts.get('encoding', '')}".strip(),
        commit=around.commit,
        code=code_of(units),
        files={called[path]: _file(source, look) for path, source in sorted(around.files.items())},
        queries=tuple(query for query, _stack in queries),
        facts=facts,
        python=trace.facts.get("python", ""),
        packages=dict(sorted(trace.packages.items())),
        host=dict(sorted(around.host.items())),
        places={
            **places,
            **places_of(units),
            **{f"file {called[path]}": read[path].stack[0].place for path in called if read[path].stack},
            **{f"query {query.where} {query.text}": stack[0].place for query, stack in queries if stack},
        },
    )


def data_read(trace: Trace) -> Iterator[str]:
    """Paths of the files that were read and that the run had not written before; code is no data."""
    wrote: dict[str, int] = {}
    for access in trace.accesses:
        if access.kind == "written":
            wrote.setdefault(access.path, access.seq)
    for access in trace.accesses:
        is_code = access.path in trace.reached or access.path.endswith((".py", ".pyc", ".ipynb"))
        if access.kind == "read" and not is_code and access.seq < wrote.get(access.path, access.seq + 1):
            yield access.path


def stored_path(path: str) -> str:
    """A path as records have it: of what lies outside of the project the last two parts, which machines share."""
    return path if not path.startswith("/") else "/".join(["...", *path.split("/")[-2:]])


def _head(source: Source) -> Iterable[str]:
    table = table_in(source.content)
    return table.columns if table is not None else ()


def table_in(value: Value | None) -> Table | None:
    """The table that a file holds; None where it holds something else."""
    if isinstance(value, Object) and isinstance(value.fields.get("table"), Table):
        value = value.fields["table"]
    return value if isinstance(value, Table) else None


def _file(source: Source, look: Look) -> DataFile:
    table = table_in(source.content)
    hidden = replace(look, blobs=source.blobs, numbers="never", blocks=True)
    return DataFile(size=source.size, digest=source.digest, told=None if table is None else tell(table, hidden))


def _data(trace: Trace, sources: Iterable[Source]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """All numbers that models were given, and that stand in the tables that were read, sorted."""
    blobs = Path(trace.blobs) if trace.blobs else None
    values = [(item.value, blobs) for item in trace.observations if item.aspect == "features"]
    values += [(table, source.blobs) for source in sources if (table := table_in(source.content)) is not None]
    found: dict[str, np.ndarray[tuple[int], np.dtype[np.float64]]] = {}
    room = _MOST_DATA
    for value, folder in values:
        for array in [*value.data] if isinstance(value, Table) else [value]:
            if array.digest is None or array.digest in found:
                continue
            numbers = array_of(array, folder)
            if numbers is not None and numbers.dtype.names is None and numbers.size <= room:
                room -= numbers.size
                found[array.digest] = np.unique(numbers.astype(np.float64).reshape(-1))
    return np.unique(np.concatenate(list(found.values()))) if found else np.empty(0)


def _facts(trace: Trace, look: Look) -> tuple[tuple[Fact, ...], Mapping[str, Place]]:
    """Facts sorted by aspect and place, and their lines by ``fact_name``."""
    groups: dict[tuple[str, str, str, int, str], list[Observation]] = {}
    for item in trace.observations:
        if _is_recorded(item):
            place = _place(item, trace)
            function = item.stack[0].function if item.stack else ""
            cell = -1 if place.cell is None else place.cell
            groups.setdefault((item.aspect, place.path, item.what, cell, function), []).append(item)
    predicted = sum(len(items) for key, items in groups.items() if key[0] == "predictions")
    most = max(_LEAST_PREDICTIONS, MOST_PREDICTIONS // max(1, predicted))
    facts: list[Fact] = []
    places: dict[str, Place] = {}
    for (_aspect, path, what, cell, function), items in sorted(groups.items()):
        told = _look_at(items[0], look, most)
        values = [item.value for item in items]
        if len(values) > _MOST_OF_A_LINE:
            rest = values[_MOST_OF_A_LINE - 1 :]
            values = [*values[: _MOST_OF_A_LINE - 1], _together(rest)]
        for number, value in enumerate(values):
            fact = Fact(
                aspect=items[0].aspect,
                what=what,
                path=path,
                cell=None if cell < 0 else cell,
                function=function,
                number=number,
                told=tell(value, told),
            )
            facts.append(fact)
            places[fact_name(fact)] = _place(items[min(number, len(items) - 1)], trace)
    return tuple(facts), places


def fact_name(fact: Fact) -> str:
    """The name of a fact among a record's places."""
    return f"{fact.aspect} {fact.what} {fact.where} {fact.number}"


def _is_recorded(item: Observation) -> bool:
    if item.aspect == "state":
        return SPLIT.fullmatch(item.what) is not None or _RULE.fullmatch(item.what) is not None
    return item.aspect in ("outputs", "features", "training", "predictions", "artifacts")


def _look_at(item: Observation, look: Look, most: int) -> Look:
    """How the numbers of a fact may be shown."""
    if item.aspect == "predictions":
        is_result = _PREDICTED.fullmatch(item.what) is not None
        return replace(look, numbers="always" if is_result else "results", most=most)
    numbers: Shown = "results" if item.aspect == "training" or _RULE.fullmatch(item.what) else "never"
    settings = item.what.endswith(" parameters")
    return replace(look, numbers=numbers, settings=settings, numbered=SPLIT.fullmatch(item.what) is not None)


def _together(values: Sequence[Value]) -> Items:
    """The later facts of a loop as one."""
    from pytest_reprocheck.records.numbers import short_digest

    digest = short_digest(*(each.digest or "" for each in values), size=16)
    return Items(type="list", length=len(values), keys=None, values=tuple(values), digest=digest)


def _place(item: Observation, trace: Trace) -> Place:
    if item.stack:
        return item.stack[0].place
    if item.step is not None and item.step < len(trace.steps):
        return trace.steps[item.step].place
    return Place(path=trace.steps[0].place.path if trace.steps else "")


def _queries(trace: Trace) -> list[Observation]:
    """What was fetched of each query in each step.

    One that gave nothing is told once.
    """
    found = [item for item in trace.observations if item.aspect == "data" and item.what.startswith(QUERY)]
    gave = {_field(item, "number") for item in found if _field(item, "rows") != "0"}
    kept: dict[tuple[str, str], Observation] = {}
    for index, item in enumerate(found):
        number = _field(item, "number")
        if number not in gave:
            kept.setdefault(("", number), item)
        elif _field(item, "rows") != "0":
            kept[str(index), number] = item
    return list(kept.values())


def _field(item: Observation, name: str) -> str:
    found = item.value.fields.get(name) if isinstance(item.value, Object) else None
    return found.text if isinstance(found, Scalar) else ""


def _columns(value: Value) -> list[str]:
    found = value.fields.get("columns") if isinstance(value, Object) else None
    return [text_of(each) for each in found.values if isinstance(each, Scalar)] if isinstance(found, Items) else []


def _query(item: Observation) -> Query:
    fields = item.value.fields if isinstance(item.value, Object) else {}
    texts = {name: text_of(each) for name, each in fields.items() if isinstance(each, Scalar)}
    texts |= {name: each.text for name, each in fields.items() if isinstance(each, Text)}
    place = item.stack[0] if item.stack else None
    where = str(replace(place.place, line=None)) if place is not None else ""
    parameters = fields.get("parameters")
    return Query(
        text=" ".join(texts.get("text", "").split()),
        where=f"{where} {place.function}" if place is not None and place.function != "<module>" else where,
        parameters=(parameters.digest or "")[:16]
        if parameters is not None and texts.get("parameters") != "None"
        else "",
        columns=tuple(_columns(item.value)),
        rows=int(texts.get("rows", "0")),
        ordered=texts.get("ordered", ""),
        unordered=texts.get("unordered", ""),
    )
