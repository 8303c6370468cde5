"""The committed record of a subject, read before its audit: few subjects have one, and only these need the rest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pytest_reprocheck.core.errors import DecodeError
from pytest_reprocheck.core.findings import Finding
from pytest_reprocheck.core.records import Record, parse_record, record_path
from pytest_reprocheck.core.subjects import Subject
from pytest_reprocheck.core.trace import NotCompared


@dataclass(frozen=True, kw_only=True, slots=True)
class Drifted:
    """What a record makes of an audit."""

    findings: tuple[Finding, ...] = ()
    not_compared: tuple[NotCompared, ...] = ()


Update = Callable[[Record], None]
"""Is given the record of a subject that ran."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Keeping:
    """What is done with records in an audit."""

    recorded: Record | None = None
    """The committed one, which the subject is compared with."""
    update: Update | None = None


NOTHING_KEPT = Keeping()


def read_record(subject: Subject) -> Record | None:
    """The committed record; None where there is none. Raises DecodeError with the file and the place in it."""
    path = record_path(subject.path, subject.parameters)
    try:
        record = parse_record((subject.root / path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except UnicodeDecodeError as error:
        raise DecodeError("is no text in UTF-8", where=path) from error
    except OSError as error:
        raise DecodeError(f"cannot be read: {error.strerror}", where=path) from error
    except DecodeError as error:
        raise DecodeError(error.message, where=f"{path}: {error.where}", hint=error.hint) from error
    if record.subject != subject.name:
        raise DecodeError(f"is the record of {record.subject}, not of {subject.name}", where=f"{path}: $.subject")
    return record
