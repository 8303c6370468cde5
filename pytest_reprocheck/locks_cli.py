"""The face of ``reprocheck lock`` and ``reprocheck drift``."""

from __future__ import annotations

import argparse
import functools
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pytest_reprocheck.core.codec import to_json
from pytest_reprocheck.core.environments import AdvisoryCheck, Drift, canonical
from pytest_reprocheck.core.errors import DecodeError
from pytest_reprocheck.core.subjects import find_root
from pytest_reprocheck.report.locks import render_advisories, render_drift, render_locked
from pytest_reprocheck.report.machine import LAST, load_report, write_text

DRIFT_VERSION = 1
# History of the format of ``reprocheck drift --json``:
#   1  first one


def add_commands(commands: Any, record: Callable[[Sequence[str]], int]) -> None:
    """Add both commands to the parser's.

    ``commands`` is what argparse's ``add_subparsers`` gives; ``record`` audits paths, and writes their records and the
    lock.
    """
    lock = commands.add_parser("lock", help="write records and what is installed into .reprocheck, to be committed")
    lock.add_argument("paths", nargs="*", metavar="PATH", help="subjects (those that are declared or have a record)")
    lock.add_argument("--python", metavar="FILE", help="the interpreter of the subjects (the running one)")
    lock.add_argument("--advisories", action="store_true", help="ask pip-audit's service for published weaknesses")
    lock.set_defaults(command=functools.partial(_lock, record=record))

    drift = commands.add_parser("drift", help="what moved from a lock to another one, or to what is installed")
    drift.add_argument("old", metavar="OLD", help="a lock: uv.lock, pylock.toml, requirements.txt ...")
    drift.add_argument("new", metavar="NEW", nargs="?", help="another lock; without one, what is installed")
    drift.add_argument("--python", metavar="FILE", help="the interpreter that locks are read for (the running one)")
    drift.add_argument("--subject", metavar="NAME", help="tell first what this subject imports, not all of them")
    drift.add_argument("--all", action="store_true", help="show each package that moved")
    drift.add_argument("--json", metavar="FILE", type=Path, help="write what moved")
    drift.set_defaults(command=_drift)


def kept(root: Path, records: Mapping[str, str]) -> bool:
    """Write and tell what an update writes; whether that failed."""
    from pytest_reprocheck.keeping import keep

    done = keep(root, records)
    print("\n".join(done.lines))
    return done.failed


def _lock(parsed: argparse.Namespace, record: Callable[[Sequence[str]], int]) -> int:
    """Exit code 1 where there is no lock, an advisory, or no answer about advisories, and where a subject fails."""
    from pytest_reprocheck.keeping import subjects_to_record
    from pytest_reprocheck.locking import known_advisories, lock

    paths = parsed.paths or subjects_to_record(find_root(Path.cwd()))
    failed = record(paths) if paths else 0
    if paths and not parsed.advisories and not parsed.python:
        return failed
    locked = lock(find_root(Path.cwd()), parsed.python)
    print(render_locked(locked), flush=True)
    check = known_advisories(locked.environment) if parsed.advisories else AdvisoryCheck()
    if parsed.advisories:
        print(render_advisories(check))
    return failed or int(bool(locked.problem or check.problem or check.advisories))


def _drift(parsed: argparse.Namespace) -> int:
    """Exit code 1 where a package moved; between two records also where data, code or a result did."""
    from pytest_reprocheck.keeping import told_between
    from pytest_reprocheck.locking import drift

    if parsed.new and (told := told_between(parsed.old, parsed.new)):
        print(told[0])
        return int(told[1])
    imported = _imported(find_root(Path.cwd()), parsed.subject)
    found = drift(parsed.old, parsed.new, parsed.python, imported)
    print(render_drift(found, everything=parsed.all))
    if parsed.json:
        write_text(parsed.json, _json(found))
    return int(found.moved)


def _json(drift: Drift) -> str:
    data = {"format": "reprocheck-drift", "version": DRIFT_VERSION, "drift": to_json(drift)}
    return json.dumps(data, indent=2, allow_nan=False) + "\n"


def _imported(root: Path, subject: str | None) -> frozenset[str]:
    """What the last audits saw imported, by all subjects or by one; raises DecodeError for one without an audit."""
    names: set[str] = set()
    audited: set[str] = set()
    for file in sorted((root / LAST).rglob("*.json")):
        try:
            audits = load_report(file.read_text(encoding="utf-8")).subjects
        except (OSError, UnicodeDecodeError, DecodeError):
            # A report that another version left says nothing about imports, and is no reason to stop.
            continue
        for audit in audits:
            audited.add(audit.name)
            packages = audit.environment.get("packages")
            if subject in (None, audit.name) and isinstance(packages, dict):
                names.update(canonical(name) for name in packages)
    if subject is not None and subject not in audited:
        raise DecodeError("has no last audit that says what it imports", where=subject, hint="Audit it first.")
    return frozenset(names)
