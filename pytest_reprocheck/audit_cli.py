"""What ``reprocheck audit`` writes at its end: reports, the baseline, advisories, records and the lock."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import TYPE_CHECKING

from pytest_reprocheck.collecting import Scope
from pytest_reprocheck.core.baseline import baseline_text, updated
from pytest_reprocheck.core.findings import Audit
from pytest_reprocheck.locks_cli import kept
from pytest_reprocheck.report.machine import host, keep_last, report_to_json, write_text

if TYPE_CHECKING:
    from pytest_reprocheck.advising import Advised


def written(parsed: argparse.Namespace, scope: Scope, audits: Sequence[Audit], records: Mapping[str, str]) -> bool:
    """Write it, and tell what people should know; whether any of it fails the command."""
    tool_version = version("pytest-reprocheck")
    target = parsed.json or (scope.root / scope.config.json if scope.config.json else None)
    advised = _advised(scope) if audits else None
    if target is not None:
        told = None if advised is None else advised.data
        write_text(target, report_to_json(audits, host(), tool_version=tool_version, advisories=told))
    keep_last(scope.root, audits, host(), tool_version=tool_version)
    if parsed.update_baseline and scope.baseline is not None:
        write_text(scope.baseline, baseline_text(updated(scope.accepted, audits)))
    failed = parsed.update and bool(audits) and kept(scope.root, records)
    return failed or (advised is not None and advised.failed)


def _advised(scope: Scope) -> Advised | None:
    """What is published of the locked packages, told; None where nobody asks."""
    if scope.config.advisories is None:
        return None
    from pytest_reprocheck.advising import advised

    found = advised(scope.root, scope.config.advisories)
    print("\n".join(found.lines))
    return found
