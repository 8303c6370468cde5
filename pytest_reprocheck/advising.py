"""Advisories in a run of pytest: asked for the locked set, told, and put into the report as SARIF has results."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_reprocheck.core.environments import Advisory, AdvisoryCheck
    from pytest_reprocheck.core.findings import Severity
    from pytest_reprocheck.core.subjects import Json

_LEVELS: Mapping[str, str] = {"error": "error", "warning": "warning", "info": "note"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Advised:
    """What a service of advisories said, for people and for the report."""

    lines: tuple[str, ...]
    failed: bool
    """Whether advisories are errors, and there is one, or no answer."""
    data: Mapping[str, Json]
    """For the report's ``advisories``."""


def advised(root: Path, severity: Severity) -> Advised:
    """Ask about the packages of ``.reprocheck/pylock.toml``; where there is none, about what is installed."""
    from pytest_reprocheck.core.environments import AdvisoryCheck
    from pytest_reprocheck.core.errors import ReprocheckError
    from pytest_reprocheck.locking import known_advisories, locked_set
    from pytest_reprocheck.report.locks import render_advisories

    try:
        locked = locked_set(root)
        check = known_advisories(locked)
        source = locked.source
    except ReprocheckError as error:
        check, source = AdvisoryCheck(problem=str(error)), ""
    failed = severity == "error" and bool(check.advisories or check.problem)
    data = advisories_to_json(check, source=source, severity=severity)
    return Advised(lines=tuple(render_advisories(check).splitlines()), failed=failed, data=data)


def advisories_to_json(check: AdvisoryCheck, *, source: str, severity: Severity) -> Mapping[str, Json]:
    """``rules`` and ``results`` as SARIF 2.1.0 has them, and beside them what was not checked."""
    return {
        "source": source,
        "checked": check.checked,
        "problem": check.problem,
        "skipped": [{"what": each.what, "reason": each.reason} for each in check.skipped],
        "rules": [
            {"id": name, "shortDescription": {"text": text}}
            for name, text in sorted({each.id: each.summary or each.id for each in check.advisories}.items())
        ],
        "results": [_result(each, source, _LEVELS[severity]) for each in check.advisories],
    }


def _result(advisory: Advisory, source: str, level: str) -> Json:
    fixed = f"fixed in {', '.join(advisory.fixed_in)}" if advisory.fixed_in else "no version without it"
    return {
        "ruleId": advisory.id,
        "level": level,
        "message": {"text": f"{advisory.package} {advisory.version}: {fixed}"},
        "locations": [{"physicalLocation": {"artifactLocation": {"uri": source}}}],
        "properties": {
            "package": advisory.package,
            "version": advisory.version,
            "aliases": list(advisory.aliases),
            "fixed_in": list(advisory.fixed_in),
        },
    }
