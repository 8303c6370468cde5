"""What the machine has to vary is read off the machine, and holds there."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pytest_reprocheck.environment.surroundings import surroundings


def _offset(zone: str, moment: int) -> int:
    """Seconds east of UTC that a child in this zone has at a moment."""
    source = f"import time; print(time.localtime({moment}).tm_gmtoff)"
    command = [sys.executable, "-I", "-c", source]
    return int(subprocess.run(command, env={**os.environ, "TZ": zone}, capture_output=True, check=True).stdout)


@pytest.fixture(params=["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Auckland", "<-02>2"])
def own_zone(request: pytest.FixtureRequest) -> Iterator[str]:
    """The user's zone, in this process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", request.param)
        time.tzset()
        yield str(request.param)
    time.tzset()


@pytest.mark.parametrize("names", [True, False])
def test_zones_are_far_all_the_year(
    own_zone: str, names: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """More than 12 hours lie between the user's zone and each other, by name or, without names, by rule."""
    if not names:
        monkeypatch.setenv("TZDIR", str(tmp_path))
    found = surroundings().timezones
    assert found
    assert all(zone.startswith("<") != names for zone in found)
    monkeypatch.delenv("TZDIR", raising=False)
    for moment in (1_768_478_400, 1_784_116_800):
        for zone in found[:2]:
            assert abs(_offset(zone, moment) - _offset(own_zone, moment)) > 12 * 3600


def _decimal_point(locale: str) -> str:
    source = "import locale; locale.setlocale(locale.LC_ALL, ''); print(locale.localeconv()['decimal_point'])"
    command = [sys.executable, "-I", "-c", source]
    return subprocess.run(
        command, env={**os.environ, "LC_ALL": locale}, capture_output=True, check=True, text=True
    ).stdout.strip()


@pytest.mark.parametrize(("own", "decimal_point"), [("C.UTF-8", ","), ("en_US.UTF-8", ","), ("de_DE.UTF-8", ".")])
def test_locales_are_installed_and_write_numbers_the_other_way(
    own: str, decimal_point: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each can be set in a child; another language than the user's comes, and first one with another decimal sign."""
    monkeypatch.setenv("LC_ALL", own)
    found = surroundings().locales
    if not found:
        pytest.skip("no other locale is installed here")
    assert all(name.partition("_")[0] != own[:2] for name in found)
    signs = [_decimal_point(name) for name in found]
    assert decimal_point not in signs or signs[0] == decimal_point


def test_without_a_list_of_locales_there_is_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A system without the program ``locale`` has nothing to vary."""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert surroundings().locales == ()


def test_counts_are_those_of_this_process() -> None:
    """What the process may use counts, and threads can be given."""
    cpus = len(os.sched_getaffinity(0))
    assert (surroundings().cpus, surroundings().threads) == (cpus, max(1, cpus // 2))
    assert surroundings(threads=7).threads == 7


def test_instructions_are_ones_that_this_numpy_follows() -> None:
    """Each setting gives another kernel or other groups of instructions, and other results of none are promised."""
    found = surroundings(simd_of=sys.executable).simd
    source = (
        "import numpy, runpy\nfrom pathlib import Path\nimport pytest_reprocheck\n"
        "kernels = runpy.run_path(str(Path(pytest_reprocheck.__file__).parent / 'probes' / 'kernels.py'))\n"
        "print(kernels['cores'](), kernels['features']())"
    )

    def measured(settings: dict[str, str]) -> str:
        command = [sys.executable, "-W", "ignore", "-c", source]
        return subprocess.run(
            command, env={**os.environ, **settings}, capture_output=True, check=True, text=True
        ).stdout

    assert len({measured(dict(settings)) for settings in ({}, *found)}) == 1 + len(found)


def test_an_interpreter_without_numpy_has_no_instructions_to_vary(tmp_path: Path) -> None:
    """What cannot be asked is not varied."""
    assert surroundings(simd_of=str(tmp_path / "python")).simd == ()
