"""The file of accepted findings: sorted, one entry a finding, to be read and edited by people."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from pytest_reprocheck.core.allowances import Accepted
from pytest_reprocheck.core.codec import from_json
from pytest_reprocheck.core.errors import DecodeError
from pytest_reprocheck.core.findings import Audit

FORMAT = "reprocheck-baseline"
VERSION = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class _Entry:
    """An ``Accepted`` as it is stored."""

    subject: str
    cause: str
    path: str
    source: str
    finding: str
    reason: str = ""
    until: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Baseline:
    """The whole file."""

    format: Literal["reprocheck-baseline"]
    version: int
    findings: tuple[_Entry, ...]


def parse_baseline(text: str, today: dt.date) -> tuple[Accepted, ...]:
    """The accepted findings; raises DecodeError, located, for what is no baseline or one of another version."""
    try:
        data = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        hint = "Resolve the merge conflict in it" if "<<<<<<<" in text else ""
        where = f"line {error.lineno} column {error.colno}" if isinstance(error, json.JSONDecodeError) else "$"
        raise DecodeError(f"is not JSON: {getattr(error, 'msg', error)}", where=where, hint=hint) from error
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise DecodeError(f"is no baseline: the key 'format' is not {FORMAT!r}", where="$")
    if data.get("version") != VERSION or isinstance(data.get("version"), bool):
        raise DecodeError(f"version {data.get('version')!r} is unknown, {VERSION} is read", where="$.version")
    stored = from_json(_Baseline, data)
    return tuple(_accepted(entry, f"$.findings[{number}]", today) for number, entry in enumerate(stored.findings))


def _accepted(entry: _Entry, where: str, today: dt.date) -> Accepted:
    try:
        over = bool(entry.until) and dt.date.fromisoformat(entry.until) < today
    except ValueError:
        raise DecodeError(f"expected a day as in '2026-12-31', got {entry.until!r}", where=f"{where}.until") from None
    return Accepted(
        subject=entry.subject,
        finding=entry.finding,
        cause=entry.cause,
        path=entry.path,
        source=entry.source,
        reason=entry.reason,
        until=entry.until,
        expired=over,
    )


def baseline_text(accepted: Iterable[Accepted]) -> str:
    """The file's text, entries sorted; what is not set is left out."""
    ordered = sorted(accepted, key=lambda each: (each.subject, each.path, each.cause, each.source, each.finding))
    entries = [
        {
            "subject": each.subject,
            "cause": each.cause,
            "path": each.path,
            "source": each.source,
            "finding": each.finding,
            **({"reason": each.reason} if each.reason else {}),
            **({"until": each.until} if each.until else {}),
        }
        for each in ordered
    ]
    return json.dumps({"format": FORMAT, "version": VERSION, "findings": entries}, indent=2) + "\n"


def updated(accepted: Sequence[Accepted], audits: Sequence[Audit]) -> tuple[Accepted, ...]:
    """The baseline after these audits: entries of other subjects stay, fixed ones go, what is found is accepted.

    Entries that still hold keep their reason and day; of an expired one a finding that is still there loses the day.
    An audit without a result (``failed``, ``blocked``) changes nothing.
    """
    audited = {audit.name: audit for audit in audits if audit.verdict not in ("failed", "blocked")}
    result = [each for each in accepted if each.subject not in audited]
    for name, audit in sorted(audited.items()):
        left = Counter(finding.id for finding in audit.findings)
        for each in accepted:
            if each.subject == name and left[each.finding]:
                left[each.finding] -= 1
                result.append(replace(each, until="" if each.expired else each.until, expired=False))
        for finding in audit.findings:
            if finding.severity == "error" and left[finding.id]:
                left[finding.id] -= 1
                result.append(
                    Accepted(
                        subject=name,
                        finding=finding.id,
                        cause=finding.cause,
                        path=finding.location.path,
                        source=finding.source,
                    )
                )
    return tuple(result)
