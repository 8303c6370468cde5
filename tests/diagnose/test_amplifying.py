"""How float noise became a result."""

from __future__ import annotations

from pytest_reprocheck.core.conditions import baseline
from pytest_reprocheck.core.findings import Difference, Key, Sameness
from pytest_reprocheck.core.trace import Aspect, Observation, Outcome, Place, Trace
from pytest_reprocheck.core.values import Text
from pytest_reprocheck.diagnose.amplifying import amplification


def differs(seq: int, aspect: Aspect, what: str, sameness: Sameness, note: str = "") -> Difference:
    """A fact of the line of this number that differs."""
    place = Place(path="a.py", line=seq)
    key = Key(aspect=aspect, what=what, place=str(place))
    return Difference(key=key, place=place, seq=seq, sameness=sameness, a="1", b="2", note=note)


def ran(stderr: str = "") -> Trace:
    """Run A with what it wrote to standard error."""
    said = Observation(seq=9, aspect="outputs", what="stderr", step=0, stack=(), value=Text(digest="", text=stderr))
    return Trace(
        conditions=baseline("a.py", threads=1),
        outcome=Outcome(status="finished"),
        seconds=1.0,
        observations=(said,) if stderr else (),
    )


CHAIN = (
    differs(5, "outputs", "stdout", Sameness.DIFFERENT),
    differs(1, "state", "variable gram", Sameness.TOLERANCE, "largest change 1e-16"),
    differs(2, "state", "variable extra", Sameness.NORMALISED),
    differs(3, "training", "LogisticRegression.fit coef_", Sameness.DIFFERENT, "largest change 0.3"),
)


def test_the_chain_is_told_in_order() -> None:
    """Where the noise begins within the tolerance, where it counts, and the last result it reaches."""
    assert amplification(CHAIN, ran()) == (
        "; it begins as variable gram at a.py:1 (largest change 1e-16), counts from LogisticRegression.fit coef_ at "
        "a.py:3 (largest change 0.3) on and reaches stdout at a.py:5"
    )


def test_a_warning_says_that_a_fit_had_not_converged() -> None:
    """Whatever the library's words are."""
    for text in (
        "ConvergenceWarning: lbfgs failed to converge (status=1)",
        "STOP: TOTAL NO. OF ITERATIONS REACHED LIMIT.",
    ):
        assert amplification(CHAIN, ran(text)).endswith("; what ran says that a fit had not converged")


def test_nothing_to_tell() -> None:
    """Without a result that differs there is no chain; a result alone is a short one."""
    assert amplification(CHAIN[1:3], ran()) == ""
    assert amplification(CHAIN[:1], ran()) == "; it counts from stdout at a.py:5 on"
