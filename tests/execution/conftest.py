"""Fixtures of the tests of the execution layer."""

from __future__ import annotations

from collections.abc import Iterator

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
def left(monkeypatch: pytest.MonkeyPatch) -> Iterator[Traces]:
    """What the test leaves behind; at its end that must be nothing."""
    with traces(monkeypatch) as found:
        yield found
        leaves_nothing(found)
