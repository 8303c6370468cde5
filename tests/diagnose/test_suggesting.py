"""Findings without experiments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pytest_reprocheck.core.conditions import DEFAULT_FACTORS, Conditions
from pytest_reprocheck.core.findings import Difference, Key, Sameness
from pytest_reprocheck.core.sources import Unit
from pytest_reprocheck.core.trace import Aspect, Call, Event, Outcome, Place, Source, Step, Trace
from pytest_reprocheck.diagnose.proposals import Scene
from pytest_reprocheck.diagnose.suggesting import suggest
from pytest_reprocheck.diagnose.unordered import find_unordered

TEXT = "x = rng.random()\ncols = list({'a', 'b'})\nprint(time.time())\nprint(x)\nprint(cols)\n"
UNIT = Unit(path="train.py", cell=None, text=TEXT)


def event(seq: int, source: Source, line: int) -> Event:
    """A draw or a read at a line."""
    stack = (Call(place=Place(path="train.py", line=line), function="<module>"),)
    return Event(seq=seq, source=source, stream=f"{source}@train.py:{line}", what=source, step=0, stack=stack)


def difference(
    seq: int, line: int, a: str, b: str, *, sameness: Sameness = Sameness.DIFFERENT, aspect: Aspect = "outputs"
) -> Difference:
    """What a line gives in A and in B."""
    key = Key(aspect=aspect, what="stdout", place=f"train.py:{line}")
    return Difference(key=key, place=Place(path="train.py", line=line), seq=seq, sameness=sameness, a=a, b=b)


def suggested(differences: Sequence[Difference], *events: Event, text: str = TEXT) -> list[tuple[str, int | None, str]]:
    """Cause, line and severity of the findings."""
    unit = replace(UNIT, text=text)
    steps = (Step(index=0, place=Place(path="train.py", line=1)),)
    conditions = Conditions(seed=1, hash=1, threads=0)
    a = Trace(conditions=conditions, outcome=Outcome(status="finished"), seconds=1, events=events, steps=steps)
    moved = replace(conditions, clock_offset=3_600_000, clock_rate=7.0)
    candidates = find_unordered((unit,), {})
    scene = Scene(
        a=a, varied=replace(a, conditions=moved), units=(unit,), candidates=candidates, subject_path=unit.path
    )
    findings = suggest(scene, differences, DEFAULT_FACTORS, clocks=((1_700_000_000_000_000_000,),))
    assert not any(finding.confirmed for finding in findings)
    return [(finding.cause, finding.location.line, finding.severity) for finding in findings]


def test_each_difference_goes_to_its_likeliest_evidence() -> None:
    """A shown time to the clock, an order to the set, the rest to the nearest draw before it."""
    differences = [
        difference(4, 3, "1700000000.0", "1703600000.0"),
        difference(5, 4, "0.4153", "0.8396"),
        difference(6, 5, "['a', 'b']", "['b', 'a']", sameness=Sameness.ORDERING),
    ]
    assert suggested(differences, event(1, "numpy", 1), event(3, "clock", 3)) == [
        ("clock", 3, "warning"),
        ("unseeded-numpy", 1, "error"),
        ("hash-order", 2, "error"),
    ]


def test_what_comes_after_a_difference_is_not_its_cause() -> None:
    """A set in the code is, where nothing was drawn before; without one, nothing is blamed."""
    late = (event(9, "random", 4),)
    assert suggested([difference(5, 5, "x", "y")], *late) == [("hash-order", 2, "error")]
    assert suggested([difference(5, 4, "x", "y")], *late, text="print(x)") == [("unexplained", 4, "error")]


def test_a_read_in_the_code_is_the_last_resort() -> None:
    """What leaves no event is told by what the code reads."""
    text = "import os\nprint(os.getcwd())\n"
    assert suggested([difference(5, 2, "/a", "/b")], text=text) == [("working-directory", 2, "error")]
