"""Records: what a subject read, ran on and gave at a past audit, as committed JSON that people can review.

A record holds digests, and of numbers that are results (parameters, what was learned, scores, predictions) rounded
values. Rows, categories and ids are in it as digests alone, unless the user asked for values.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from pytest_reprocheck.core.codec import from_json, to_json
from pytest_reprocheck.core.conditions import Conditions
from pytest_reprocheck.core.errors import DecodeError
from pytest_reprocheck.core.subjects import Json, SubjectKind, file_stem, parameter_text
from pytest_reprocheck.core.trace import Aspect, Place

FORMAT = "reprocheck-record"
VERSION = 1
# History of the format:
#   1  first one
ValuesShown = Literal["hide", "show"]
_WIDTH = 100
FOLDER = ".reprocheck/records"
"""Below the project's root."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """One leaf of a value, or all leaves of one name: ``estimators_[*].tree_.values`` of a forest."""

    type: str
    """Of a scalar its type, of arrays their dtype, ``text``, or the name of what only its digest is known of."""
    digest: str = ""
    """Empty: it cannot be compared."""
    shape: tuple[int, ...] = ()
    text: str = ""
    """A single value in clear; empty where it is none, or might be somebody's data."""
    values: tuple[str, ...] = ()
    """Numbers with 9 digits, several in a line."""
    every: int = 1
    """How many numbers each kept one stands for: 3 where every third was kept."""
    grids: tuple[str, ...] = ()
    """Two digests of all numbers, rounded in two ways to so many digits that noise within tolerance leaves at least
    one of them; of a text both for each line."""
    blocks: tuple[str, ...] = ()
    """Of data: digests of equally long stretches of rows."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """A value as a record has it."""

    type: str
    digest: str = ""
    """Of the whole; empty: it cannot be compared."""
    names: tuple[str, ...] = ()
    """Columns or features in their order; words that stand neither in the code nor in the head of a file are numbered
    (``city_#1``)."""
    names_digest: str = ""
    """Of the names themselves in their order."""
    names_unordered: str = ""
    rows: str = ""
    """Digest of the rows in whatever order; empty where it is not known."""
    length: int = -1
    """Rows or members; -1 for what has none."""
    parts: Mapping[str, Part] = field(default_factory=dict)
    """By their path in the value."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Fact:
    """An observation as a record has it."""

    aspect: Aspect
    what: str
    path: str
    cell: int | None = None
    function: str = ""
    """The user's innermost function; empty for the outputs of a step."""
    number: int = 0
    """0-based, among the facts that share the rest."""
    told: Told

    @property
    def where(self) -> str:
        """The place as reports have it."""
        place = str(Place(path=self.path, cell=self.cell))
        return f"{place} {self.function}" if self.function not in ("", "<module>") else place


@dataclass(frozen=True, kw_only=True, slots=True)
class DataFile:
    """A file that was read."""

    size: int
    digest: str
    """sha256 of its bytes."""
    told: Told | None = None
    """What is in it, where that is a table."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Query:
    """A query that user code made."""

    text: str
    where: str
    parameters: str = ""
    """Digest; empty without any."""
    columns: tuple[str, ...] = ()
    rows: int
    ordered: str
    """Digest of the rows as they came."""
    unordered: str
    """Digest of the rows in whatever order."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """What a subject read, ran on and gave."""

    subject: str
    """Its name, with parameters."""
    kind: SubjectKind
    conditions: Conditions
    """Of the run, with the seeds that it was given."""
    digests: str
    """The algorithm and the encoding that facts' digests were made with; others are not compared with them."""
    commit: str = ""
    """Of git; with ``+`` where the tree had changes; empty where there is none."""
    code: Mapping[str, Mapping[str, str]]
    """File or cell -> function (``Class.method``) -> digest of its text without comments; under the empty name one for
    each statement of the rest."""
    files: Mapping[str, DataFile] = field(default_factory=dict)
    """By the path from the root; of files elsewhere the last two parts after ``...``."""
    queries: tuple[Query, ...] = ()
    facts: tuple[Fact, ...] = ()
    """Sorted by aspect and place."""
    python: str = ""
    packages: Mapping[str, str] = field(default_factory=dict)
    """Distributions that it imported -> version."""
    host: Mapping[str, str] = field(default_factory=dict)
    """What no lock holds: Python's build, processor, BLAS, threads, driver, locale, time zone."""
    places: Mapping[str, Place] = field(default_factory=dict)
    """Lines of this checkout for what is in the record, by name; not stored, because lines move."""


def record_path(path: str, parameters: Mapping[str, Json]) -> str:
    """Where a subject's record is kept, relative to the root."""
    return f"{FOLDER}/{file_stem(path, parameter_text(parameters))}.json"


def record_text(record: Record) -> str:
    """The file's text: sorted, what has its default left out, the same for the same values everywhere."""
    stored = dataclasses.replace(record, places={})
    return _formatted({"format": FORMAT, "version": VERSION, **_fields(stored)}, 0) + "\n"


def parse_record(text: str) -> Record:
    """The record again; raises DecodeError, located, for what is none or one of another version."""
    try:
        data = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        hint = "Resolve the merge conflict in it" if "<<<<<<<" in text else ""
        where = f"line {error.lineno} column {error.colno}" if isinstance(error, json.JSONDecodeError) else "$"
        raise DecodeError(f"is not JSON: {getattr(error, 'msg', error)}", where=where, hint=hint) from error
    if not isinstance(data, dict) or data.pop("format", None) != FORMAT:
        raise DecodeError(f"is no record: the key 'format' is not {FORMAT!r}", where="$")
    version = data.pop("version", None)
    if version != VERSION or isinstance(version, bool):
        hint = "Make it anew with update"
        raise DecodeError(f"version {version!r} is unknown, {VERSION} is read", where="$.version", hint=hint)
    record = from_json(Record, data)
    for number, fact in enumerate(record.facts):
        _check(fact.told, f"$.facts[{number}].told")
    for path, file in record.files.items():
        if file.told is not None:
            _check(file.told, f"$.files.{path}.told")
    return record


def _check(told: Told, where: str) -> None:
    """Raise DecodeError for kept numbers that are none: types say no more than that they are texts."""
    for name, part in told.parts.items():
        place = f"{where}.parts.{name}"
        if part.every < 1:
            raise DecodeError(f"expected 1 or more, got {part.every}", where=f"{place}.every")
        if "/" in part.type:
            continue
        for index, line in enumerate(part.values):
            try:
                [float(word) for word in line.split()]
            except ValueError:
                raise DecodeError(f"expected numbers, got {line!r:.60}", where=f"{place}.values[{index}]") from None


def same_but_commit(one: Record, other: Record) -> bool:
    """Whether nothing moved but git's head: then the record need not be written again."""
    return record_text(dataclasses.replace(one, commit="")) == record_text(dataclasses.replace(other, commit=""))


def _fields(value: object) -> dict[str, Json]:
    """Fields without those that have their default."""
    assert dataclasses.is_dataclass(value)
    return {
        item.name: _brief(getattr(value, item.name))
        for item in dataclasses.fields(value)
        if getattr(value, item.name) != _default(item)
    }


def _brief(value: object) -> Json:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return _fields(value)
    if isinstance(value, Mapping):
        return {str(key): _brief(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [_brief(item) for item in value]
    return to_json(value)


def _default(item: dataclasses.Field[object]) -> object:
    made = item.default_factory
    return item.default if made is dataclasses.MISSING else made()


def _formatted(data: Json, depth: int) -> str:
    """JSON with sorted keys; what fits into a line stands in one."""
    line = json.dumps(data, sort_keys=True, allow_nan=False)
    if len(line) + depth <= _WIDTH or not isinstance(data, (dict, list)):
        return line
    pad = " " * (depth + 1)
    if isinstance(data, list):
        inner = [pad + _formatted(item, depth + 1) for item in data]
        return "\n".join(["[", ",\n".join(inner), " " * depth + "]"])
    inner = [f"{pad}{json.dumps(key)}: {_formatted(item, depth + 1)}" for key, item in sorted(data.items())]
    return "\n".join(["{", ",\n".join(inner), " " * depth + "}"])
