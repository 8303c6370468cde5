"""Names that a failed notebook reads before any cell makes them."""

from __future__ import annotations

import pytest

from pytest_reprocheck.core.conditions import baseline
from pytest_reprocheck.core.sources import Unit
from pytest_reprocheck.core.trace import Outcome, Place, Step, Trace
from pytest_reprocheck.diagnose.hidden import Hidden, find_hidden


def found(message: str, *cells: str, at: int = 0, status: str = "raised") -> Hidden | None:
    """What is found when the cell of this index ends with a message."""
    units = [Unit(path="a.ipynb", cell=index, text=text) for index, text in enumerate(cells)]
    steps = tuple(Step(index=index, place=Place(path="a.ipynb", cell=index)) for index in range(at + 1))
    place = Place(path="a.ipynb", cell=at, line=1)
    outcome = Outcome(status="raised" if status == "raised" else "exited", message=message, place=place)
    trace = Trace(conditions=baseline("a.ipynb", threads=1), outcome=outcome, seconds=1.0, steps=steps)
    return find_hidden(trace, units)


@pytest.mark.parametrize(
    "making",
    [
        "scale = 2",
        "import numpy as scale",
        "from units import scale",
        "def scale(): pass",
        "class scale: pass",
        "for scale in range(3): pass",
        "with open('a') as scale: pass",
        "%time 1\nif True:\n    scale = 1",
        "low, (scale, *rest) = [1, [2, 3]]",
    ],
)
def test_a_later_cell_makes_the_name(making: str) -> None:
    """By whatever binds a name at top level."""
    hidden = found("NameError: name 'scale' is not defined", "print(scale)", "other = 1", making)
    assert hidden is not None
    assert hidden.defining is not None
    assert (hidden.name, hidden.running.cell, hidden.defining.cell) == ("scale", 0, 2)


def test_no_cell_makes_the_name_any_more() -> None:
    """What a function binds inside is its own."""
    hidden = found("NameError: name 'radius' is not defined", "print(radius)", "def f():\n    radius = 1")
    assert hidden is not None
    assert hidden.defining is None


def test_a_later_cell_makes_the_column() -> None:
    """A key that is assigned to below."""
    hidden = found("KeyError: 'speed'", "trips['speed']", "trips['speed'] = 1")
    assert hidden is not None
    assert hidden.defining is not None


@pytest.mark.parametrize(
    ("message", "cells"),
    [
        ("KeyError: 'speed'", ("trips['speed']",)),
        ("NameError: name 'valeus' is not defined. Did you mean: 'values'?", ("values = 1\nprint(valeus)",)),
        ("NameError: name 'prnt' is not defined", ("prnt(1)",)),
        ("ValueError: bad", ("f()",)),
    ],
    ids=["key that nobody makes", "misspelt", "misspelt builtin", "other error"],
)
def test_other_failures(message: str, cells: tuple[str, ...]) -> None:
    """They are the notebook's own."""
    assert found(message, *cells) is None
    assert found("NameError: name 'x' is not defined", "x", status="exited") is None
