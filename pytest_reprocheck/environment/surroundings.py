"""What this machine has to vary: other time zones, installed locales, counts of processors, older instructions."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from pytest_reprocheck.core.conditions import Surroundings

_HOUR = 3600
_ZONES = (
    ("Pacific/Kiritimati", 14),
    ("Pacific/Pago_Pago", -11),
    ("Pacific/Apia", 13),
    ("Etc/GMT+12", -12),
    ("Australia/Brisbane", 10),
    ("Pacific/Honolulu", -10),
    ("Asia/Tokyo", 9),
    ("America/Phoenix", -7),
    ("Asia/Bangkok", 7),
    ("America/Bogota", -5),
)
"""Zones without summer time, so that they are as far from the user's all the year, and hours from UTC."""
_ZONE_FOLDERS = ("/usr/share/zoneinfo", "/usr/lib/zoneinfo", "/usr/share/lib/zoneinfo")
_LOCALES = ("C", "POSIX")
_DECIMAL_COMMA = ("de", "sv", "fr", "es", "it", "nl", "pl", "cs", "da", "fi", "nb", "pt", "ru", "tr")
_OLDER_CORES = ("Haswell", "Sandybridge", "Nehalem"), ("NEOVERSEN1", "CORTEXA57", "ARMV8")
"""Names of OpenBLAS for kernels of ever older processors, which all later ones can run."""
_KERNELS = Path(__file__).resolve().parent.parent / "probes" / "kernels.py"
_ASKING = """
import json, runpy, sys
import numpy
kernels = runpy.run_path(sys.argv[1])
print(json.dumps([list(kernels["cores"]()), kernels["features"]() or []]))
"""
_TIMEOUT = 60.0


@dataclass(kw_only=True, slots=True)
class Told:
    """What other programs have said of this machine: asked once, it serves any number of audits."""

    locales: Sequence[str] | None = None
    """None before that was asked."""
    simd: dict[str, tuple[Mapping[str, str], ...]] = field(default_factory=dict)
    """By interpreter."""


def surroundings(*, threads: int | None = None, simd_of: str | None = None, told: Told | None = None) -> Surroundings:
    """Read off this machine what can be varied.

    Args:
        threads: baseline for each BLAS and OpenMP pool; half of the cores by default.
        simd_of: the interpreter whose numpy's instructions are to be varied, which costs a second; none by default.
        told: what was asked before, and is asked for later.
    """
    known = told or Told()
    if known.locales is None:
        known.locales = _installed()
    if simd_of is not None and simd_of not in known.simd:
        known.simd[simd_of] = tuple(_older_instructions(simd_of))
    cpus = len(os.sched_getaffinity(0))
    return Surroundings(
        threads=max(1, cpus // 2) if threads is None else threads,
        cpus=cpus,
        timezones=_far_zones(),
        locales=_other_locales(os.environ.get("LC_ALL") or os.environ.get("LANG") or "C", known.locales),
        simd=() if simd_of is None else known.simd[simd_of],
    )


def _far_zones() -> tuple[str, ...]:
    """Zones that are more than 12 hours from the user's in winter and in summer."""
    year = datetime.now(UTC).year
    moments = (datetime(year, 1, 15, tzinfo=UTC), datetime(year, 7, 15, tzinfo=UTC))
    own = [time.localtime(moment.timestamp()).tm_gmtoff for moment in moments]
    far = (zone for zone in _ZONES if all(abs(zone[1] * _HOUR - offset) > 12 * _HOUR for offset in own))
    return tuple(_known_to_the_system(name, hours) for name, hours in far)


def _known_to_the_system(name: str, hours: int) -> str:
    """A zone's name, or where the system knows no names the rule that it stands for, whose sign is the other way."""
    folders = [os.environ["TZDIR"]] if os.environ.get("TZDIR") else _ZONE_FOLDERS
    return name if any(Path(folder, name).is_file() for folder in folders) else f"<{hours:+03}>{-hours}"


def _installed() -> Sequence[str]:
    try:
        done = subprocess.run(
            ["locale", "-a"], capture_output=True, text=True, errors="replace", timeout=_TIMEOUT, check=False
        )
    except OSError:
        return ()
    return done.stdout.split()


def _other_locales(own: str, installed: Sequence[str]) -> tuple[str, ...]:
    """UTF-8 locales of other languages, first those that write numbers the other way."""
    language = own.partition("_")[0].partition(".")[0]
    found = {
        name: spoken
        for name in installed
        if name.lower().replace("-", "").endswith(".utf8")
        and (spoken := name.partition("_")[0].partition(".")[0]) not in (*_LOCALES, language)
    }
    comma = language in _DECIMAL_COMMA

    def suspect(name: str) -> tuple[bool, int, str]:
        known = found[name] in _DECIMAL_COMMA
        return known == comma, _DECIMAL_COMMA.index(found[name]) if known else 0, name

    return tuple(sorted(found, key=suspect))


def _older_instructions(python: str) -> Iterator[Mapping[str, str]]:
    """Settings that this interpreter's numpy follows: names differ between versions, and a wrong one does nothing."""
    native = _instructions(python, {})
    if native is None:
        return
    cores, features = native
    disabled = {"NPY_DISABLE_CPU_FEATURES": " ".join(features)} if features else {}
    tried = [{"OPENBLAS_CORETYPE": core, **disabled} for core in _older(cores)] or [disabled]
    seen = [native]
    for settings in tried:
        measured = _instructions(python, settings) if settings else None
        if measured is not None and measured not in seen:
            seen.append(measured)
            yield settings


def _older(cores: Sequence[str]) -> Sequence[str]:
    """Kernels older than the one in use; a kernel that is in no list is newer than all of its kind."""
    if not cores:
        return ()
    names = _OLDER_CORES[os.uname().machine in ("aarch64", "arm64")]
    return names[names.index(cores[0]) + 1 :] if cores[0] in names else names


def _instructions(python: str, settings: Mapping[str, str]) -> tuple[list[str], list[str]] | None:
    """The kernel of OpenBLAS and the groups of instructions that numpy has under these settings."""
    names = ("OPENBLAS_CORETYPE", "NPY_DISABLE_CPU_FEATURES")
    env = {name: value for name, value in os.environ.items() if name not in names} | dict(settings)
    command = [python, "-W", "ignore", "-c", _ASKING, str(_KERNELS)]
    try:
        done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=_TIMEOUT, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    cores, features = json.loads(done.stdout)
    return cores, features
