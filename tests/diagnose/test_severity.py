"""A printed date or duration is a warning; a result that the clock decides is an error."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_reprocheck.core.conditions import OTHER_NAMES, Conditions, Surroundings, baseline, varied, with_knobs
from pytest_reprocheck.core.findings import Difference, Key, Sameness
from pytest_reprocheck.core.trace import Aspect, Place
from pytest_reprocheck.diagnose.severity import severity_of
from pytest_reprocheck.probes import variables

A = baseline("train.py", threads=1)
LATER: Conditions = with_knobs(A, varied("train.py", A, Surroundings(threads=1)), ["clock"])
"""401 days, 7 hours and 17 minutes later, and 7 times as fast."""


def printed(a: str, b: str, *, aspect: Aspect = "outputs", what: str = "stdout") -> Difference:
    return Difference(
        key=Key(aspect=aspect, what=what, place="train.py:1"),
        place=Place(path="train.py", line=1),
        seq=1,
        sameness=Sameness.DIFFERENT,
        a=a,
        b=b,
        pairs=((a, b),),
    )


SHOWN = {
    "an ISO date": ("report of 2026-11-21", "report of 2027-12-27"),
    "a date and time": ("2026-11-21 07:57:20.123456", "2027-12-27 15:14:21.654321"),
    "an ISO stamp": ("at 2026-11-21T07:57:20Z", "at 2027-12-27T15:14:20Z"),
    "a compact stamp": ("run_20261121_075720", "run_20271227_151420"),
    "ctime": ("Sat Nov 21 07:57:20 2026", "Mon Dec 27 15:14:20 2027"),
    "words": ("Today is Saturday, 21st of November", "Today is Monday, 27th of December"),
    "a time of day": ("started 07:57", "started 15:14"),
    "an epoch": ("stamp 1795593440", "stamp 1830266060"),
    "an epoch in ms": ("stamp 1795593440123", "stamp 1830266060456"),
    "an epoch in ns": ("stamp 1795252707199195047", "stamp 1829925329044625955"),
    "a compact date": ("20261121.csv", "20271227.csv"),
    "a duration in full": ("took 0.028977394104003906", "took 0.23005032539367676"),
    "a duration that was rounded to nothing": ("took 0.000 s", "took 0.011 s"),
    "half an hour past midnight": ("<time> start at 2026-11-21 17:07:12.123", "<time> start at 2027-12-28 <duration>"),
    "a year": ("(c) 2026 us", "(c) 2027 us"),
    "an age in days": ("data is 690 days old", "data is 1091 days old"),
    "a bare duration": ("fit 0.1207", "fit 0.9011"),
    "a duration beside a score": ("auc 0.91 after 1.52", "auc 0.91 after 9.12"),
}
DECIDED = {
    "a score": ("auc 0.9123", "auc 0.9087"),
    "a score in full": ("auc 0.9123456789012345", "auc 0.8923456781234567"),
    "a number of eight digits": ("id 12345678", "id 12345999"),
    "fewer rounds": ("rounds 42", "rounds 6"),
    "another number beside a date": ("2026-11-21 auc 0.912", "2027-12-27 auc 0.899"),
    "another word": ("weekday model", "weekend model"),
    "more numbers": ("ids 1 2 3", "ids 1 2"),
    "an average age": ("mean age 48.25", "mean age 49.5"),
    "something out of nothing": ("rounds 0", "rounds 42"),
    "a share": ("share 0.634", "share 1.0"),
    "a score beside a duration": ("auc 0.91 in 1.5", "auc 0.93 in 9.7"),
}


@pytest.mark.parametrize("name", sorted(SHOWN))
def test_what_only_shows_the_clock_is_a_warning(name: str) -> None:
    """Moments are later by the offset, durations longer by the rate."""
    assert severity_of("clock", [printed(*SHOWN[name])], LATER) == "warning"


@pytest.mark.parametrize("name", sorted(DECIDED))
def test_what_the_clock_decides_is_an_error(name: str) -> None:
    """Also where a date stands beside it."""
    assert severity_of("clock", [printed(*DECIDED[name])], LATER) == "error"


def test_only_the_clock_and_only_outputs_can_be_harmless() -> None:
    """A date that reaches features is an error, and so is one that another factor changes."""
    a, b = SHOWN["an ISO date"]
    assert severity_of("timezone", [printed(a, b)], LATER) == "error"
    assert severity_of("clock", [printed(a, b), printed(a, b, aspect="features")], LATER) == "error"
    assert severity_of("clock", [printed("finished", "raised ValueError", what="outcome")], LATER) == "error"


def test_a_duration_is_the_time_between_two_reads_or_speaks_of_time() -> None:
    """What was never measured and is in no line about time is a result that a time budget decided."""
    clocks = [[5_000_000_000, 5_120_700_000, 9_000_000_000]]
    assert severity_of("clock", [printed("fit 0.1207", "fit 0.9011")], LATER, clocks) == "warning"
    assert severity_of("clock", [printed("fit 0.1311", "fit 0.9011")], LATER, clocks) == "error"
    assert severity_of("clock", [printed("fit 120.7 ms", "fit 901.1 ms")], LATER, ()) == "warning"
    assert severity_of("clock", [printed("mean seconds 0.1311", "mean seconds 0.9011")], LATER, clocks) == "warning"
    assert severity_of("clock", [printed("best 7.7e-06", "best 1.4e-04")], LATER, clocks) == "error"


def test_a_duration_may_be_longer_by_far_more_than_the_rate() -> None:
    """Another program took the processor: the line speaks of time, and A has measured what it says."""
    clocks = [[5_000_000_000, 5_009_080_000]]
    busy = printed("fit took 9.08 of them", "fit took 909.86 of them")
    assert severity_of("clock", [busy], LATER, clocks) == "warning"
    assert severity_of("clock", [busy], LATER, [[5_000_000_000, 5_100_000_000]]) == "error"
    fewer = printed("9.08 steps done", "1.5 steps done")
    assert severity_of("clock", [fewer], LATER, clocks) == "error"


def test_a_picture_that_the_clock_alone_changes_is_a_warning() -> None:
    """A duration in a figure's title."""
    picture = replace(printed("640x480", "640x480", what="output 1 (image/png)"), pairs=())
    assert severity_of("clock", [picture], LATER) == "warning"


@pytest.mark.parametrize(
    ("a", "b", "shown"),
    [
        ("with 2 CPUs in all", "with 5 CPUs in all", True),
        ("workers: 2, rows 100", "workers: 5, rows 100", True),
        ("workers: 2, score 0.81", "workers: 5, score 0.79", False),
        ("parts [2]", "parts [5]", False),
        ("2 cores", "3 cores", False),
    ],
)
def test_a_number_of_cpus_that_a_line_tells(a: str, b: str, shown: bool) -> None:
    """As such, and nothing else in it differs."""
    assert severity_of("cpus", [printed(a, b)], replace(A, cpus=5)) == ("warning" if shown else "error")
    fit = printed(a, b, aspect="training", what="fit")
    assert severity_of("cpus", [printed(a, b), fit], replace(A, cpus=5)) == "error"


@pytest.mark.parametrize(
    ("a", "b", "shown"),
    [
        ("by anna on lab-7.example", f"by {OTHER_NAMES[0]} on {OTHER_NAMES[0]}", True),
        ("by anna", f"by {OTHER_NAMES[1]}", True),
        ("by anna: 0.81", f"by {OTHER_NAMES[0]}: 0.79", False),
        ("fold 3", "fold 4", False),
    ],
)
def test_a_name_that_is_only_shown(a: str, b: str, shown: bool) -> None:
    """A result that goes by it is an error."""
    assert severity_of("variables", [printed(a, b)], A) == ("warning" if shown else "error")


def test_the_probes_know_the_same_names() -> None:
    """They cannot import the constant."""
    assert tuple(variables._OTHERS.values()) == OTHER_NAMES
