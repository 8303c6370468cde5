"""Folders of audits go with them, however they end."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

from pytest_reprocheck.execution.workspace import session
from tests.execution.leftovers import Traces

OPEN = f"""
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # whatever runs the tests may ignore it
sys.path[:0] = {sys.path!r}
from pytest_reprocheck.execution.workspace import session
with session() as base:
    (base / "file").touch()
    (base / "locked").mkdir(0o500)
    print(base, flush=True)
    sys.stdin.read()
"""


@pytest.mark.parametrize("number", [None, signal.SIGINT, signal.SIGKILL])
def test_the_folder_of_a_killed_audit_is_removed_by_the_next(left: Traces, number: int | None) -> None:
    """All others remove theirs themselves; one that lives keeps its own."""
    other = subprocess.Popen([sys.executable, "-c", OPEN], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    with other:
        assert other.stdout is not None
        name = other.stdout.readline().strip().rpartition("/")[2]
        with session() as base:
            assert left.folders() == sorted([name, base.name])
        if number is not None:
            other.send_signal(number)
        else:
            assert other.stdin is not None
            other.stdin.close()
        other.wait()
    assert left.folders() == ([name] if number == signal.SIGKILL else [])
    with session() as base:
        assert left.folders() == [base.name]


def test_folders_of_others_are_left_alone(left: Traces) -> None:
    """Without the lock of an audit, nothing is known of who uses a folder."""
    mine = left.temporary / "rc-mine"
    mine.mkdir()
    with session():
        pass
    assert left.folders() == ["rc-mine"]
    mine.rmdir()
