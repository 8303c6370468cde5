"""Which runs are made, and what they are taken to show."""

from __future__ import annotations

from dataclasses import replace

from pytest_reprocheck.core.conditions import baseline
from pytest_reprocheck.core.findings import Difference, Key, Sameness
from pytest_reprocheck.core.trace import Aspect, Call, Event, Outcome, Place, Source, Trace
from pytest_reprocheck.diagnose.attribution import (
    Attribution,
    attribute,
    counted,
    failing,
    nearest,
    remaining,
    shared_out,
    sites_of,
)
from pytest_reprocheck.diagnose.experiments import HASH, Experiment, Suspect, find_suspects, plan, without_evidence
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


def draw(stream: str, seq: int, *, step: int | None = None) -> Event:
    """A draw by a statement of its own, or by one of several lines in a step."""
    stack = (Call(place=Place(path="a.py", line=seq), function="<module>"),)
    return Event(
        seq=seq, source="numpy", stream=stream, what="default_rng", step=seq if step is None else step, stack=stack
    )


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


def test_the_first_of_several_draws_in_a_call_counts() -> None:
    """Nothing is observed between lines of one call: with another first number all the later ones are others too."""
    events = (draw("numpy", 2), draw("numpy", 5, step=1), draw("numpy", 7, step=1), draw("numpy", 30, step=1))
    several = Suspect(knob="seed/numpy", cause="unseeded-numpy", events=events)
    assert locate_event(several, [difference("stdout", 9)]).seq == 5


def read(source: Source, line: int, seq: int) -> Event:
    stack = (Call(place=Place(path="a.py", line=line), function="<module>"),)
    return Event(seq=seq, source=source, stream=f"{source}@a.py:{line}", what="f", step=0, stack=stack)


def test_reads_that_programs_make_all_the_time_are_weak_suspects() -> None:
    """A clock is read for a log; a listing is read for its files."""
    a = trace(read("clock", 1, 1), read("listing", 2, 2), draw("one", 3))
    found = find_suspects(a, a, factors=("seed", "hash", "listing", "clock"), unordered=True, first=9, last=9)
    assert [(each.knob, each.weak) for each in found] == [
        ("seed/one", False), ("listing", False), ("hash", False), ("clock", True),
    ]  # fmt: skip
    rest = without_evidence(found, ("seed", "listing", "locale", "directory"))
    assert [each.knob for each in rest] == ["directory", "locale"]


def test_what_the_clock_changes_too_is_not_the_time_zones_doing() -> None:
    """A local time is made from the clock's; what the zone alone changes stays its own."""
    zone, clock = (Experiment(suspects=(Suspect(knob=knob, cause=knob, events=()),)) for knob in ("timezone", "clock"))
    both, alone = difference("date", 1), difference("hour", 2)
    found = attribute({zone: [both, alone], clock: [both]})
    assert {each.experiment: each.differences for each in found} == {clock: (both,), zone: (alone,)}
    assert [each.experiment for each in attribute({zone: [both], clock: [both]})] == [clock]


def test_lines_that_read_the_same_factor_are_told_apart() -> None:
    """Each line has what it brings about alone; what none does stays with the one that brings about most."""
    suspect = Suspect(
        knob="clock", cause="clock", events=(read("clock", 1, 1), read("clock", 5, 5), read("clock", 9, 9))
    )
    first, second, joint = difference("a", 6), difference("b", 7), difference("c", 8)
    whole = Attribution(experiment=Experiment(suspects=(suspect,)), differences=(first, second, joint))
    assert sites_of(suspect, whole.differences) == ("clock@a.py:5", "clock@a.py:1")
    shown = {"clock@a.py:5": [first], "clock@a.py:1": [second]}
    parts = shared_out(whole, shown)
    assert [(part.at, part.differences) for part in parts] == [
        ("clock@a.py:5", (first, joint)),
        ("clock@a.py:1", (second,)),
    ]
    assert [event.seq for event in parts[0].suspects[0].events] == [5]
    assert shared_out(whole, {"clock@a.py:5": []}) == ()
