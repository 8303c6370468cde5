"""Where the function that threads run changes what they share."""

from __future__ import annotations

import pytest

from pytest_reprocheck.core.sources import Unit
from pytest_reprocheck.core.trace import Event
from pytest_reprocheck.diagnose.sharing import shared_change


def line(code: str, what: str = "work in threads") -> int | None:
    """The line that is found."""
    event = Event(seq=1, source="completion", stream="completion@a.py:9", what=what, step=0, stack=())
    place = shared_change(event, [Unit(path="a.py", cell=None, text=code)])
    return place.line if place is not None else None


@pytest.mark.parametrize(
    "change",
    [
        "results.append(n)",
        "self.out.put(n)",
        "scores[n] = 1",
        "Trainer.scores['a'] = 1",
        "print(n)",
        "file.write('a')",
    ],
)
def test_what_adds_to_something_shared(change: str) -> None:
    """The first such line of the function."""
    assert line(f"def work(n):\n    own = []\n    own.append(n)\n    {change}\n") == 4


def test_a_global_name() -> None:
    """What is assigned to it is shared."""
    assert line("def work(n):\n    global last\n    first = n\n    last = n\n") == 4


def test_a_function_that_the_function_calls() -> None:
    """Where its own lines change nothing."""
    assert line("def keep(n):\n    results.append(n)\n\ndef work(n):\n    keep(n)\n") == 2


def test_what_adds_to_nothing_shared() -> None:
    """Then the line that starts the threads counts; so it does for other events."""
    assert line("def work(n):\n    own = []\n    own.append(n)\n    return own\n") is None
    assert line("def work(n):\n    results.append(n)\n", "multiprocessing Pool.imap_unordered") is None
