"""What a gate accepts besides what stands in the code: the baseline's file, and the configuration's ``allow``."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from pathlib import Path

from pytest_reprocheck.config import Config
from pytest_reprocheck.core.allowances import Accepted
from pytest_reprocheck.core.baseline import parse_baseline
from pytest_reprocheck.core.errors import ConfigError, DecodeError
from pytest_reprocheck.core.findings import Audit
from pytest_reprocheck.core.globs import matches

DEFAULT_BASELINE = ".reprocheck/baseline.json"
"""Where the baseline is written below the root when nobody says where."""


def baseline_file(given: str | None, config: Config, *, root: Path, invoked_from: Path, update: bool) -> Path | None:
    """The baseline's file: the flag's, the configuration's, or for an update the default; None for no baseline."""
    if given:
        return invoked_from / given
    if config.baseline:
        return root / config.baseline
    return root / DEFAULT_BASELINE if update else None


def read_baseline(file: Path | None, *, may_lack: bool) -> tuple[Accepted, ...]:
    """What a file accepts; raises ConfigError when it is missing (unless it ``may_lack``), and DecodeError."""
    if file is None:
        return ()
    try:
        return parse_baseline(file.read_text(encoding="utf-8"), dt.datetime.now().astimezone().date())
    except FileNotFoundError:
        if may_lack:
            return ()
        raise ConfigError("no such baseline", where=str(file), hint="update-baseline makes it") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot be read: {error}", where=str(file)) from error
    except DecodeError as error:
        raise DecodeError(error.message, where=f"{file}: {error.where}", hint=error.hint) from error


def unused_allowances(config: Config, audits: Sequence[Audit]) -> list[str]:
    """Entries of the configuration's ``allow`` that speak of audited subjects, and that no finding needed."""
    given = [*(config.overrides.allow or ()), *(each for rule in config.rules for each in rule.overrides.allow or ())]
    told = [finding.allowed for audit in audits for finding in audit.findings]
    return [
        f"{each.where}: allows {', '.join(each.causes)} in {each.pattern}, and there is no such finding: remove it"
        for each in given
        if not any(text.endswith(f"({each.where})") for text in told) and _concerns(each.pattern, audits)
    ]


def _concerns(pattern: str, audits: Iterable[Audit]) -> bool:
    return any(matches(audit.path, pattern) for audit in audits if audit.verdict not in ("failed", "blocked"))
