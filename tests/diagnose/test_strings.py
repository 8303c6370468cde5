"""Strings that may stand in a set together."""

from __future__ import annotations

from pytest_reprocheck.core.conditions import baseline
from pytest_reprocheck.core.sources import Unit
from pytest_reprocheck.core.trace import Observation, Outcome, Trace
from pytest_reprocheck.core.values import Items, Scalar
from pytest_reprocheck.diagnose.strings import small_groups


def scalar(text: str) -> Scalar:
    return Scalar(type="str", text=repr(text), digest=text)


def test_groups_come_from_literals_and_variables() -> None:
    """Two to four different ones: a single string has no order, and many hardly keep theirs."""
    code = "a = {'yes', 'no'}\nb = ['x', 'y', 'x', 3]\nc = {'k': 1, 'l': 2}\nd = 'p q r'.split()\ne = {'one'}"
    many = Items(type="list", length=2, keys=None, values=(scalar("v"), scalar("u")), digest="")
    seen = Observation(seq=1, aspect="state", what="variable f", step=0, stack=(), value=many)
    trace = Trace(
        conditions=baseline("a.py", threads=1), outcome=Outcome(status="finished"), seconds=0.0, observations=(seen,)
    )
    found = small_groups([Unit(path="a.py", cell=None, text=code)], trace)
    assert found == (("yes", "no"), ("x", "y"), ("k", "l"), ("p", "q", "r"), ("v", "u"))
