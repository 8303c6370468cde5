"""The record of an audit: made from its run A, compared with the committed one, and written."""

from __future__ import annotations

import dataclasses
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from pytest_reprocheck.case import Case
from pytest_reprocheck.committed import Drifted, Keeping
from pytest_reprocheck.compare.canonical import canonical_text
from pytest_reprocheck.compare.images import frames_of
from pytest_reprocheck.compare.normalise import Own, is_fit_time, is_worker_count
from pytest_reprocheck.compare.pdf import document_text
from pytest_reprocheck.core.errors import BlockedError, DecodeError
from pytest_reprocheck.core.records import FORMAT, Record, parse_record, record_path, record_text, same_but_commit
from pytest_reprocheck.core.rules import FieldRule
from pytest_reprocheck.core.sources import Unit
from pytest_reprocheck.core.subjects import Subject
from pytest_reprocheck.core.tolerance import Tolerance
from pytest_reprocheck.core.trace import NotCompared, Place, Trace
from pytest_reprocheck.diagnose.attribution import counted
from pytest_reprocheck.environment.live import ask
from pytest_reprocheck.environment.store import FOLDER, replace, writing
from pytest_reprocheck.execution.inputs import read_inputs
from pytest_reprocheck.records.comparing import Changes, compare_records
from pytest_reprocheck.records.findings import drift_findings, outcome_effect
from pytest_reprocheck.records.making import Circumstances, Source, data_read, make_record
from pytest_reprocheck.records.telling import Plain
from pytest_reprocheck.twice import both_failed

_GIT_SECONDS = 30.0


def record_at(path: Path, shown: str) -> Record | None:
    """The record in a file; None for a file of another kind. Raises DecodeError for a record that cannot be read."""
    try:
        text = path.read_text(encoding="utf-8")
        if path.suffix != ".json" or f'"{FORMAT}"' not in text:
            return None
        return parse_record(text)
    except (OSError, UnicodeDecodeError):
        return None
    except DecodeError as error:
        raise DecodeError(error.message, where=f"{shown}: {error.where}", hint=error.hint) from error


def between(old: Record, new: Record) -> Changes:
    """What moved from one record to another."""
    return compare_records(old, new, tolerance=Tolerance())


def recorded_subjects(root: Path) -> tuple[str, ...]:
    """Paths of the subjects that have a record, and are still there."""
    found = set()
    for file in sorted((root / FOLDER).glob("records/**/*.json")):
        record = record_at(file, file.relative_to(root).as_posix())
        path = "" if record is None else record.subject.partition("[")[0]
        if path and (root / path).is_file():
            found.add(path)
    return tuple(sorted(found))


def record_of(
    trace: Trace,
    units: Sequence[Unit],
    subject: Subject,
    *,
    blobs: Path,
    clear: bool = False,
    rules: Sequence[FieldRule] = (),
) -> Record:
    """The record of a run that has finished.

    Args:
        trace: the run's log, whose array data is still there.
        units: the code that ran.
        subject: what ran.
        blobs: an existing folder for what is read of files.
        clear: show values, whatever they are.
        rules: the user's own normalisers.
    """
    inputs, _beyond = read_inputs(subject.root, data_read(trace), blobs, subject.python)
    files = {
        path: Source(size=each.size, digest=each.digest, content=each.content, blobs=blobs)
        for path, each in inputs.items()
    }
    return make_record(trace, units, _around(trace, subject, files, clear=clear, rules=rules))


def _around(
    trace: Trace,
    subject: Subject,
    files: Mapping[str, Source],
    *,
    clear: bool = False,
    rules: Sequence[FieldRule] = (),
) -> Circumstances:
    return Circumstances(
        subject=subject.name,
        kind=subject.kind,
        commit=_commit(subject.root),
        files=files,
        host=_host(subject.python),
        clear=clear,
        plain=Plain(text=partial(_plain, _own(trace), rules), document=document_text, frames=frames_of),
        skipped=lambda name: is_fit_time(name) or is_worker_count(name),
    )


def drift_of(case: Case, subject: Subject, keeping: Keeping) -> Drifted:
    """What is not as the record says; hands on the new record where one is wanted."""
    if both_failed(case):
        return Drifted() if keeping.recorded is None else _failed_since(case, subject, keeping.recorded)
    if case.a.outcome.status != "finished":
        return Drifted(not_compared=(NotCompared(what="the record", reason="run A did not go on to its end"),))
    with tempfile.TemporaryDirectory(prefix="reprocheck-record-") as blobs:
        clear, rules = case.options.values == "show", case.options.normalise
        new = record_of(case.a, case.units, subject, blobs=Path(blobs), clear=clear, rules=rules)
    if keeping.update is not None:
        keeping.update(new)
    return Drifted() if keeping.recorded is None else _drifted(case, subject, keeping.recorded, new)


def _drifted(case: Case, subject: Subject, old: Record, new: Record) -> Drifted:
    """What is not as the record says, less what differs from run to run anyway."""
    differing = [*counted(case.comparison.differences), *counted(case.null)]
    changes = compare_records(
        old,
        new,
        tolerance=case.options.tolerance,
        unstable={(each.key.aspect, each.key.what, each.place) for each in differing},
        values_may_change="data-changed" in case.options.accept,
    )
    findings = drift_findings(changes, subject=subject.path, units=case.units, accept=case.options.accept)
    return Drifted(findings=findings, not_compared=changes.not_compared)


def _failed_since(case: Case, subject: Subject, old: Record) -> Drifted:
    """What moved since a record whose subject ran, and does not now."""
    new = make_record(case.a, case.units, _around(case.a, subject, {}))
    # As far as it came it may not have read what it read then.
    new = dataclasses.replace(new, files={**old.files, **new.files}, queries=(), facts=())
    old = dataclasses.replace(old, queries=(), facts=())
    changes = compare_records(old, new, tolerance=case.options.tolerance)
    effect = outcome_effect(case.a.outcome.message, str(case.a.outcome.place or Place(path=subject.path)))
    changes = dataclasses.replace(changes, effects=(effect,))
    return Drifted(findings=drift_findings(changes, subject=subject.path, units=case.units, accept=()))


def write_records(root: Path, texts: Mapping[str, str]) -> tuple[str, ...]:
    """Write records' texts by their paths from the root; gives the paths of those that changed.

    One process writes at a time; one that is killed leaves every record whole, the old one or the new. A record of
    which only git's commit is another stays as it is. Raises DecodeError, and writes nothing, where a file that would
    be overwritten is no record; and OSError.
    """
    with writing(root) as folder:
        return write_records_into(folder, texts)


def write_records_into(folder: Path, texts: Mapping[str, str]) -> tuple[str, ...]:
    """As ``write_records``, by a process that holds the folder already."""
    changed = {}
    for path, text in sorted(texts.items()):
        name = path.removeprefix(f"{FOLDER}/")
        old = _stored(folder / name, path)
        if old is None or not same_but_commit(old, parse_record(text)):
            changed[name] = text
    replace(folder, changed)
    return tuple(f"{FOLDER}/{name}" for name in changed)


def _stored(file: Path, shown: str) -> Record | None:
    try:
        return parse_record(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except UnicodeDecodeError as error:
        raise DecodeError("is no text in UTF-8", where=shown, hint="Remove it, and update again") from error
    except DecodeError as error:
        raise DecodeError(error.message, where=f"{shown}: {error.where}", hint="Remove it, and update again") from error


def texts_of(record: Record, subject: Subject) -> tuple[str, str]:
    """Where a record is kept, relative to the root, and its text."""
    return record_path(subject.path, subject.parameters), record_text(record)


def _own(trace: Trace) -> Own:
    return Own(**{item.name: trace.facts.get(item.name, "") for item in dataclasses.fields(Own)})


def _plain(own: Own, rules: Sequence[FieldRule], text: str, mime: str) -> str:
    """A text without what differs between two runs, or two machines, of the same program."""
    return canonical_text(text, mime, own, rules)


def _host(python: str | None) -> Mapping[str, str]:
    """What the machine is, less Python's version, which is among the packages; nothing where nobody can say it."""
    try:
        return {name: text for name, text in ask(python).environment.host.items() if name != "python"}
    except (BlockedError, DecodeError):
        return {}


def _commit(root: Path) -> str:
    """Git's commit, with ``+`` where the tree has changes; empty where there is no git."""
    try:
        head = _git(root, "rev-parse", "HEAD")
        return f"{head}+" if _git(root, "status", "--porcelain", "--untracked-files=no") else head
    except (OSError, subprocess.SubprocessError):
        return ""


def _git(root: Path, *arguments: str) -> str:
    command = ["git", "-C", str(root), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=_GIT_SECONDS, check=True)
    return done.stdout.strip()
