"""What this machine can do, tried once for all tests of runs."""

from __future__ import annotations

import pytest

from pytest_reprocheck.execution.machine import Machine, probe_machine


@pytest.fixture(scope="session")
def machine() -> Machine:
    """What was tried here and worked."""
    return probe_machine()


@pytest.fixture(scope="session")
def overlaying(machine: Machine) -> Machine:
    """A machine on which overlays can be mounted."""
    if not machine.overlay:
        pytest.skip(f"no overlay here: {machine.overlay_reason}")
    return machine
