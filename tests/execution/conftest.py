"""Fixtures of the tests of the execution layer."""

from __future__ import annotations

import time
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from pytest_reprocheck.execution.machine import Machine, probe_machine
from tests.execution.leftovers import Traces, leaves_nothing, traces


@pytest.fixture(scope="session")
def machine() -> Machine:
    """What was tried here and worked, once for all tests of runs."""
    return probe_machine()


@pytest.fixture(scope="session")
def overlaying(machine: Machine) -> Machine:
    """A machine on which overlays can be mounted."""
    if not machine.overlay:
        pytest.skip(f"no overlay here: {machine.overlay_reason}")
    return machine


@pytest.fixture
def unhurried(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock that limits go by stands still until the subject has run ``helpers.BEGUN``, for a minute at most.

    Small limits then tell what a subject does from how long a busy machine takes to start it.
    """
    sign = tmp_path_factory.mktemp("begun") / "sign"
    monkeypatch.setenv("REPROCHECK_TEST_BEGUN", str(sign))
    origin = time.monotonic()
    begun: list[float] = []

    def monotonic() -> float:
        if not begun and (sign.exists() or time.monotonic() > origin + 60):
            begun.append(time.monotonic())
        return origin + (time.monotonic() - begun[0] if begun else 0)

    monkeypatch.setattr("pytest_reprocheck.execution.limits.time", SimpleNamespace(monotonic=monotonic))


@pytest.fixture
def left(monkeypatch: pytest.MonkeyPatch) -> Iterator[Traces]:
    """What the test leaves behind; at its end that must be nothing."""
    with traces(monkeypatch) as found:
        yield found
        leaves_nothing(found)
