"""What a run leaves for the next one on the same tree."""

from __future__ import annotations

from pytest_reprocheck.core.conditions import baseline
from pytest_reprocheck.core.findings import Difference, Key, Sameness
from pytest_reprocheck.core.trace import Access, Call, Outcome, Place, Trace
from pytest_reprocheck.diagnose.leftovers import find_leftovers, likeliest


def access(seq: int, kind: str, path: str) -> Access:
    stack = (Call(place=Place(path="train.py", line=seq), function="<module>"),)
    return Access(seq=seq, path=path, kind=kind, step=0, stack=stack)  # type: ignore[arg-type]


def trace(written: tuple[str, ...], *accesses: Access) -> Trace:
    return Trace(
        conditions=baseline("train.py", threads=1),
        outcome=Outcome(status="finished"),
        seconds=0.0,
        accesses=accesses,
        written=written,
    )


def line(place: Place | None) -> int | None:
    return place.line if place is not None else None


def test_a_cache_that_is_tested_before_it_is_written() -> None:
    """The line that asks whether it is there is the one to look at."""
    (found,) = find_leftovers(
        trace(("cache.pkl",), access(1, "tested", "cache.pkl"), access(2, "written", "cache.pkl")), ()
    )
    assert (found.cause, line(found.place)) == ("leftover-state", 1)


def test_a_data_file_that_is_read_and_written_back() -> None:
    """The line that writes it is the one to change."""
    run = trace(("data.csv",), access(1, "read", "data.csv"), access(2, "written", "data.csv"))
    (found,) = find_leftovers(run, {"data.csv"})
    assert (found.cause, line(found.place)) == ("input-mutated", 2)


def test_what_is_written_first_is_the_runs_own() -> None:
    """Reading one's own file back, or writing without looking, leaves nothing that matters."""
    run = trace(("out.csv", "log.txt"), access(1, "written", "out.csv"), access(2, "read", "out.csv"))
    assert find_leftovers(run, ()) == ()


def test_a_new_file_in_a_folder_that_was_listed() -> None:
    """The next run lists one more; a changed old file is no other listing."""
    run = trace(("models/new.pkl",), access(1, "listed", "models"), access(2, "written", "models/new.pkl"))
    assert [found.looked.kind for found in find_leftovers(run, ())] == ["listed"]
    assert find_leftovers(run, {"models/new.pkl"}) == ()


def test_a_new_folder_in_a_folder_that_was_listed() -> None:
    """It is an entry more, though what was written lies deeper; in an old folder it is none."""
    run = trace(("runs/3/score.txt",), access(1, "listed", "runs"), access(2, "written", "runs/3/score.txt"))
    assert [found.looked.path for found in find_leftovers(run, {"runs"})] == ["runs"]
    assert find_leftovers(run, {"runs", "runs/3"}) == ()


def test_what_a_library_wrote_unseen_counts() -> None:
    """A file that changed without a logged write was looked at before, as far as anybody knows."""
    (found,) = find_leftovers(trace(("data.parquet",), access(3, "read", "data.parquet")), {"data.parquet"})
    assert line(found.place) == 3


def test_the_one_looked_at_last_before_the_difference_is_named() -> None:
    """Of several files the nearest before what differs."""
    run = trace(
        ("a.pkl", "b.pkl"),
        access(1, "tested", "a.pkl"),
        access(2, "written", "a.pkl"),
        access(5, "tested", "b.pkl"),
        access(6, "written", "b.pkl"),
    )
    difference = Difference(
        key=Key(aspect="outputs", what="stdout", place=""),
        place=Place(path="train.py", line=4),
        seq=4,
        sameness=Sameness.DIFFERENT,
        a="1",
        b="2",
    )
    assert likeliest(find_leftovers(run, ()), [difference]).path == "a.pkl"
