"""Which runs are made, and what they are taken to show."""

from __future__ import annotations

from dataclasses import replace

from pytest_reprocheck.core.conditions import baseline
from pytest_reprocheck.core.findings import Difference, Key, Sameness
from pytest_reprocheck.core.trace import Aspect, Call, Event, Outcome, Place, Trace
from pytest_reprocheck.diagnose.attribution import attribute, counted, failing, nearest, remaining
from pytest_reprocheck.diagnose.experiments import HASH, Experiment, Suspect, find_suspects, plan
from pytest_reprocheck.diagnose.location import locate_event


def difference(what: str, seq: int, *, aspect: Aspect = "outputs", parts: tuple[str, ...] = ("all",)) -> Difference:
    return Difference(
        key=Key(aspect=aspect, what=what, place="a.py:1"),
        place=Place(path="a.py", line=1),
        seq=seq,
        sameness=Sameness.DIFFERENT,
        a="1",
        b="2",
        parts=parts,
    )


def draw(stream: str, seq: int) -> Event:
    stack = (Call(place=Place(path="a.py", line=seq), function="<module>"),)
    return Event(seq=seq, source="numpy", stream=stream, what="default_rng", step=0, stack=stack)


def suspect(stream: str, *seqs: int) -> Suspect:
    events = tuple(draw(stream, seq) for seq in seqs)
    return Suspect(knob=f"seed/{stream}", cause="unseeded-numpy", events=events)


def trace(*events: Event) -> Trace:
    return Trace(
        conditions=baseline("a.py", threads=1), outcome=Outcome(status="finished"), seconds=0.0, events=tuple(events)
    )


def test_the_nearest_draw_before_the_first_difference_is_tried_first() -> None:
    """Suspects come by distance, draws after the last difference not at all, hash order last."""
    a = trace(draw("one", 1), draw("two", 5), draw("three", 8), draw("late", 90))
    found = find_suspects(a, a, factors=("seed", "hash"), unordered=True, first=6, last=20)
    assert [each.knob for each in found] == ["seed/two", "seed/one", "seed/three", "hash"]


def test_draws_of_b_alone_are_suspects_too() -> None:
    """A branch that only B took may hold the cause."""
    found = find_suspects(trace(), trace(draw("one", 1)), factors=("seed", "hash"), unordered=False, first=0, last=5)
    assert [each.knob for each in found] == ["seed/one"]


def test_too_many_suspects_share_the_last_run() -> None:
    """No more experiments than runs, and nobody is left out."""
    suspects = [suspect(str(number), number) for number in range(7)]
    assert [len(each.suspects) for each in plan(suspects, 9)] == [1] * 7
    assert [len(each.suspects) for each in plan(suspects, 3)] == [1, 1, 5]
    assert plan(suspects, 0) == ()


def test_what_differs_in_any_case_is_subtracted_by_parts() -> None:
    """A line that also differs when A is replayed does not hide another line of the same text."""
    null = [difference("stdout", 3, parts=("line 2",))]
    both = difference("stdout", 3, parts=("line 2", "line 5"))
    assert counted([both], null) == (replace(both, parts=("line 5",)),)
    assert counted([difference("stdout", 3, parts=("line 2",))], null) == ()


def test_within_tolerance_does_not_count_and_state_does_not_fail() -> None:
    """Only what reaches a result counts against the subject."""
    close = replace(difference("stdout", 1), sameness=Sameness.TOLERANCE)
    state = difference("variable x", 1, aspect="state")
    assert counted([close, state]) == (state,)
    assert failing([state]) == ()


def test_each_experiment_gets_what_its_run_showed() -> None:
    """Causes are told apart, also where one text shows both; experiments without effect are no causes."""
    early, late, idle = (Experiment(suspects=(suspect(name, seq),)) for name, seq in (("a", 1), ("b", 10), ("c", 2)))
    results = {
        late: (difference("stdout", 12),),
        early: (difference("predict", 5, aspect="predictions"), difference("stdout", 12)),
        idle: (difference("variable x", 3, aspect="state"),),
    }
    found = attribute(results)
    assert [(each.experiment, len(each.differences)) for each in found] == [(early, 2), (late, 1)]
    assert remaining([difference("stdout", 12), difference("other", 13)], found) == (difference("other", 13),)


def test_the_nearest_draw_before_is_the_evidence() -> None:
    """Hash order, which leaves no events, is only blamed where nobody drew before."""
    one, two = suspect("one", 1), suspect("two", 10)
    assert nearest((one, two), difference("first", 5)) == one
    assert nearest((one, two, HASH), difference("second", 15)) == two
    assert nearest((two, HASH), difference("first", 5)) == HASH


def test_a_global_stream_is_located_at_the_draw_that_matters() -> None:
    """Of several draws from one state it is the last before the first difference, no earlier one."""
    assert locate_event(suspect("numpy", 2, 7, 30), [difference("stdout", 9)]).seq == 7
