"""What the machine can do is found out beside something else, and whoever asks is told, also of what went wrong."""

from __future__ import annotations

import threading

import pytest

from pytest_reprocheck import machines
from pytest_reprocheck.machines import Machine, finding_out


@pytest.mark.parametrize("at_once", [True, False])
def test_it_is_tried_once(monkeypatch: pytest.MonkeyPatch, at_once: bool) -> None:
    """At once, in a thread of its own, or at the first question."""
    tried: list[threading.Thread] = []
    begun = threading.Event()

    def probe() -> Machine:
        tried.append(threading.current_thread())
        begun.set()
        return Machine(landlock=7)

    monkeypatch.setattr(machines, "probe_machine", probe)
    machine = finding_out(at_once=at_once)
    assert begun.wait(60 if at_once else 0) == at_once
    assert machine() is machine()
    assert machine().landlock == 7
    assert [thread is threading.current_thread() for thread in tried] == [not at_once]


@pytest.mark.parametrize("at_once", [True, False])
def test_what_goes_wrong_is_raised_where_somebody_asks(monkeypatch: pytest.MonkeyPatch, at_once: bool) -> None:
    """And nowhere else."""

    def probe() -> Machine:
        raise OSError("no space left on device")

    monkeypatch.setattr(machines, "probe_machine", probe)
    machine = finding_out(at_once=at_once)
    with pytest.raises(OSError, match="no space left"):
        machine()
