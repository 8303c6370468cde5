"""Two traces: facts aligned, told in the order of A's log, and nothing equal by silence."""

from __future__ import annotations

import dataclasses

import pytest

from pytest_reprocheck.compare.alignment import ABSENT, MAX_ABSENT, Comparison, compare_traces
from pytest_reprocheck.core.findings import Difference, Key, Sameness
from pytest_reprocheck.core.tolerance import Tolerance
from pytest_reprocheck.core.trace import Aspect, NotCompared, Outcome, Place, Trace
from tests.compare.values import Lab, items, names, observation, opaque, scalar, text, trace

HERE = Place(path="train.py", line=10)


def compared(a: Trace, b: Trace) -> Comparison:
    """With default tolerance."""
    return compare_traces(a, b, tolerance=Tolerance())


def told(comparison: Comparison) -> list[tuple[str, str, str, str]]:
    """What, sameness and both values of each difference."""
    return [(found.key.what, found.sameness.value, found.a, found.b) for found in comparison.differences]


def test_equal_traces_have_no_difference() -> None:
    """A run compared with itself says nothing."""
    run = trace(observation(1, text("a")), observation(2, scalar(1), what="variable x", aspect="state"))

    assert compared(run, run) == Comparison(differences=(), not_compared=())


def test_a_difference_as_a_whole() -> None:
    """Key, place, position, values, note and owner."""

    def run(*order: str) -> Trace:
        fact = observation(
            7, names(*order), what="Ridge.fit feature names", aspect="features", line=12, about="Ridge#1"
        )
        return trace(fact)

    assert compared(run("a", "b"), run("b", "a")).differences == (
        Difference(
            key=Key(
                aspect="features",
                what="Ridge.fit feature names",
                place="train.py:10|train.py:12 <module>|Ridge#1",
                occurrence=0,
            ),
            place=Place(path="train.py", line=12),
            seq=7,
            sameness=Sameness.ORDERING,
            a="a, b",
            b="b, a",
            note="members reordered: a and b swapped",
            parts=("all",),
            about="Ridge#1",
        ),
    )


def test_differences_that_do_not_count_are_there_too() -> None:
    """Noise is told as noise, not left out."""
    comparison = compared(trace(observation(1, text("took 1 s"))), trace(observation(1, text("took 2 s"))))

    assert [(found.sameness, found.note) for found in comparison.differences] == [(Sameness.NORMALISED, "duration")]


def test_occurrences_tell_the_turns_of_a_loop_apart() -> None:
    """The second score in one line is compared with the second."""

    def run(*scores: float) -> Trace:
        return trace(*(observation(i, scalar(score), what="m.score", line=5) for i, score in enumerate(scores)))

    (found,) = compared(run(0.1, 0.2, 0.3), run(0.1, 0.9, 0.3)).differences

    assert (found.key.occurrence, found.a, found.b) == (1, "0.2", "0.9")


def test_facts_of_one_run_come_in_the_order_of_the_logs() -> None:
    """A's in their place, B's after all of A's."""
    a = trace(observation(1, scalar(1), what="x"), observation(2, scalar(1), what="only a"), observation(3, scalar(1)))
    b = trace(observation(1, scalar(2), what="x"), observation(2, scalar(5), what="only b"), observation(3, scalar(2)))

    assert told(compared(a, b)) == [
        ("x", "different", "1", "2"),
        ("only a", "different", "1", ABSENT),
        ("stdout", "different", "1", "2"),
        ("only b", "different", ABSENT, "5"),
    ]


def test_a_run_that_stopped_early_is_told_by_its_outcome_and_some_of_what_it_lacks() -> None:
    """A thousand missing facts are twenty and a number."""
    facts = [observation(i, scalar(i), step=i) for i in range(100)]
    stopped = Outcome(status="raised", message="ValueError: no", place=Place(path="train.py", line=20))
    comparison = compared(trace(*facts, steps=100), trace(facts[0], steps=2, outcome=stopped))

    assert len(comparison.differences) == MAX_ABSENT + 1
    assert {found.b for found in comparison.differences[:-1]} == {ABSENT}
    assert told(comparison)[-1] == ("outcome", "different", "finished", "raised ValueError: no")
    assert comparison.differences[-1].place == Place(path="train.py", line=20)
    assert comparison.differences[-1].key.aspect == "outputs"
    assert comparison.not_compared == (
        NotCompared(what="facts of one run alone", reason="79 further facts are there in one run only"),
    )


@pytest.mark.parametrize(
    ("a", "b", "sameness"),
    [
        (Outcome(status="finished"), Outcome(status="finished"), None),
        (Outcome(status="raised", message="E: 1"), Outcome(status="raised", message="E: 2"), Sameness.DIFFERENT),
        (
            Outcome(status="raised", message="E: <M at 0x7f3a12345678>"),
            Outcome(status="raised", message="E: <M at 0x7f3a12345679>"),
            Sameness.NORMALISED,
        ),
        (Outcome(status="exited", exit_code=1), Outcome(status="exited", exit_code=2), Sameness.DIFFERENT),
        (Outcome(status="timeout"), Outcome(status="died"), Sameness.DIFFERENT),
    ],
)
def test_outcomes(a: Outcome, b: Outcome, sameness: Sameness | None) -> None:
    """How a run ends is compared as text is."""
    found = [difference.sameness for difference in compared(trace(outcome=a), trace(outcome=b)).differences]

    assert found == ([] if sameness is None else [sameness])


def test_what_has_no_digest_is_not_compared() -> None:
    """Also on one side alone, and never a difference."""
    unknown, known = trace(observation(1, opaque(), what="x")), trace(observation(1, scalar(1), what="x"))
    expected = (NotCompared(what="x at train.py:10", reason="m.Lock: no canonical form"),)

    for a, b in ((unknown, unknown), (unknown, known), (known, unknown)):
        assert compared(a, b) == Comparison(differences=(), not_compared=expected)


@pytest.mark.parametrize("aspect", ["training", "state"])
def test_unknown_parts_are_told_though_the_digests_are_equal(aspect: Aspect) -> None:
    """An equal digest says nothing of a part that has none."""
    one = trace(observation(1, items([opaque(), scalar(1)]), what="x", aspect=aspect))

    assert compared(one, one).not_compared == (
        NotCompared(what="x at train.py:10", reason="m.Lock: no canonical form (1 part)"),
    )


def test_a_stream_of_noise_alone_is_no_difference() -> None:
    """The first run on a busy machine may say that a cache is made; anything else on a stream of one run counts."""
    notice = "Matplotlib is building the font cache; this may take a moment.\n"
    for said, sameness in ((notice, Sameness.NORMALISED), (notice + "0.5\n", Sameness.DIFFERENT)):
        wrote = trace(observation(1, text(said), what="stderr"))
        for a, b in ((wrote, trace()), (trace(), wrote)):
            assert [found.sameness for found in compared(a, b).differences] == [sameness]


def test_each_run_has_its_own_root_and_blobs(lab: Lab) -> None:
    """Paths into the runs' own copies are noise; arrays are looked for in the run's own folder."""
    a = trace(observation(1, text("/w/a/tree/x.csv")), root="/w/a/tree")
    b = trace(observation(1, text("/w/b/tree/x.csv")), root="/w/b/tree")
    arrays = [trace(observation(1, lab.array([value])), blobs=str(lab.blobs)) for value in (1.0, 1.0 + 1e-12)]

    assert [found.sameness for found in compared(a, b).differences] == [Sameness.NORMALISED]
    assert [found.sameness for found in compared(*arrays).differences] == [Sameness.TOLERANCE]
    without = dataclasses.replace(arrays[1], blobs="")
    assert [found.sameness for found in compared(arrays[0], without).differences] == [Sameness.DIFFERENT]


def test_a_trace_without_steps_has_a_place_all_the_same() -> None:
    """A process that died at once."""
    died = Outcome(status="died", message="signal 11")

    assert compared(trace(steps=0), trace(steps=0, outcome=died)).differences[0].place == Place(path="")


def fits(*values: float) -> Trace:
    """The same line fits several models."""
    return trace(
        *(
            observation(
                number, scalar(value), what="Ridge.fit fitted attributes", aspect="training", about=f"Ridge#{number}"
            )
            for number, value in enumerate(values, start=1)
        )
    )


def test_the_same_fits_at_a_line_in_another_order_are_the_same() -> None:
    """Threads and sets decide which model is fitted first; what was fitted is what counts."""
    assert compared(fits(1.0, 2.0, 3.0), fits(3.0, 1.0, 2.0)).differences == ()
    assert [found[2:] for found in told(compared(fits(1.0, 2.0, 3.0), fits(3.0, 1.0, 9.0)))] == [("2.0", "9.0")]


def test_outputs_keep_their_order() -> None:
    """What is printed first is a result."""
    a, b = (trace(observation(1, text(x)), observation(2, text(y))) for x, y in (("one", "two"), ("two", "one")))
    assert len(compared(a, b).differences) == 2
