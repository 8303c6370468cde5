"""The machine-readable report: audits to JSON and back, byte for byte the same for the same audits.

``report.schema.json`` beside this file is its published schema.
"""

from __future__ import annotations

import dataclasses
import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from pytest_reprocheck.core.codec import from_json, to_json
from pytest_reprocheck.core.errors import DecodeError
from pytest_reprocheck.core.findings import Audit
from pytest_reprocheck.core.subjects import Json, file_stem, parameter_text

FORMAT = "reprocheck-report"
VERSION = 1
# History of the format:
#   1  first one: subjects with conditions, factors, findings and what was not compared

LAST = ".reprocheck/last"
"""Folder below the root with the last report of each subject."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Tool:
    """What wrote a report."""

    name: str = "pytest-reprocheck"
    version: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """A whole report."""

    format: Literal["reprocheck-report"] = "reprocheck-report"
    version: int = VERSION
    tool: Tool
    environment: Mapping[str, Json] = field(default_factory=dict)
    """The interpreter and platform that the tool ran on; each subject has its own beside it."""
    subjects: tuple[Audit, ...] = ()
    advisories: Mapping[str, Json] | None = None
    """What is published of locked packages, where that was asked for: rules and results as SARIF has them."""


def host() -> Mapping[str, Json]:
    """The interpreter and platform of this process, for a report's ``environment``."""
    return {
        "implementation": platform.python_implementation(),
        "machine": platform.machine(),
        "platform": platform.system(),
        "python": platform.python_version(),
    }


def audit_to_json(audit: Audit) -> Json:
    """One entry of ``subjects``."""
    return to_json(dataclasses.replace(audit, seconds=round(audit.seconds, 3)))


def audit_from_json(data: Json, where: str = "$") -> Audit:
    """The audit again; raises DecodeError naming the element that does not fit."""
    return from_json(Audit, data, where)


def report_to_json(
    audits: Sequence[Audit],
    environment: Mapping[str, Json],
    *,
    tool_version: str,
    advisories: Mapping[str, Json] | None = None,
) -> str:
    """The whole report as text: fields in the order of their definition, mappings sorted, ASCII, a line end last."""
    rounded = tuple(dataclasses.replace(audit, seconds=round(audit.seconds, 3)) for audit in audits)
    report = Report(tool=Tool(version=tool_version), environment=environment, subjects=rounded, advisories=advisories)
    data = {name: value for name, value in _fields(report).items() if value is not None}
    return json.dumps(data, indent=2, allow_nan=False) + "\n"


def _fields(report: Report) -> dict[str, Json]:
    return {item.name: to_json(getattr(report, item.name)) for item in dataclasses.fields(report)}


def load_report(text: str) -> Report:
    """A report from its text; raises DecodeError, located, for what is no report or one of an unknown version."""
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        raise DecodeError(f"is not JSON: {error.msg}", where=f"line {error.lineno} column {error.colno}") from error
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise DecodeError(f"is no report: the key 'format' is not {FORMAT!r}", where="$")
    version = data.get("version")
    if type(version) is not int or version < 1:
        raise DecodeError(f"expected a version number, got {version!r}", where="$.version")
    if version != VERSION:
        hint = "A newer pytest-reprocheck wrote it; upgrade to read it"
        raise DecodeError(
            f"version {version} of the report is unknown, {VERSION} is read", where="$.version", hint=hint
        )
    return from_json(Report, data)


def last_seconds(root: Path, path: str, parameters: Mapping[str, Json]) -> float | None:
    """How long a subject's last audit took; None without a readable report."""
    stored = _last(root, path, parameters)
    return None if stored is None else sum(audit.seconds for audit in stored)


def last_memory(root: Path, path: str, parameters: Mapping[str, Json]) -> int:
    """Bytes that a run of a subject had in memory at most in its last audit; 0 without a readable report."""
    return max((audit.memory for audit in _last(root, path, parameters) or ()), default=0)


def _last(root: Path, path: str, parameters: Mapping[str, Json]) -> tuple[Audit, ...] | None:
    named = Audit(path=path, kind="script", parameters=parameters, verdict="reproducible")
    try:
        return load_report((root / last_path(named)).read_text(encoding="utf-8")).subjects
    except (OSError, UnicodeDecodeError, DecodeError):
        return None


def last_path(audit: Audit) -> str:
    """Where a subject's last report is kept, relative to the root; different subjects have different places."""
    file, _, function = audit.path.partition("::")
    return f"{LAST}/{file_stem(file, function + parameter_text(audit.parameters))}.json"


def write_text(path: Path, text: str) -> None:
    """Write a file in one step, with the folders it needs, so that nobody reads half of it; raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        draft.write_text(text, encoding="utf-8")
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def keep_last(root: Path, audits: Sequence[Audit], environment: Mapping[str, Json], *, tool_version: str) -> None:
    """Write each audit's own report where ``last_path`` says, out of version control's sight; raises OSError."""
    if audits:
        write_text(root / LAST / ".gitignore", "*\n")
    for audit in audits:
        write_text(root / last_path(audit), report_to_json([audit], environment, tool_version=tool_version))
