"""Conditions derive from the subject and change factor by factor."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from pytest_reprocheck.core.conditions import (
    REPLAYED,
    Surroundings,
    as_it_comes,
    baseline,
    restricted,
    seed_knob,
    varied,
    with_knobs,
)

AROUND = Surroundings(threads=1, cpus=2, timezones=("UTC-12",))


@given(st.text(max_size=30))
def test_generations_never_coincide(name: str) -> None:
    """A, B and the third values differ in every factor, and are what PYTHONHASHSEED and numpy take."""
    a = baseline(name, threads=1)
    generations = [a, varied(name, a, AROUND), varied(name, a, AROUND, generation=2)]
    assert len({each.seed for each in generations}) == 3
    assert len({each.hash for each in generations}) == 3
    assert all(1 <= number <= 2**32 - 1 for each in generations for number in (each.seed, each.hash))


def test_the_same_subject_has_the_same_conditions() -> None:
    """Nothing but the name decides."""
    assert baseline("train.py", threads=2) == baseline("train.py", threads=2)
    assert baseline("train.py", threads=2).seed != baseline("other.py", threads=2).seed


def test_a_knob_changes_itself_alone() -> None:
    """One factor, or one stream of draws, has B's value; the rest has A's."""
    a = baseline("train.py", threads=1)
    b = varied("train.py", a, AROUND)
    assert with_knobs(a, b, ["hash"]).hash == b.hash
    assert with_knobs(a, b, ["hash"]).seed == a.seed
    one = with_knobs(a, b, [seed_knob("numpy@train.py:3")])
    assert (one.seed, one.hash, one.streams) == (a.seed, a.hash, {"numpy@train.py:3": b.seed})
    assert with_knobs(a, b, ["seed"]).seed == b.seed
    clock = with_knobs(a, b, ["clock"])
    assert (clock.clock_offset, clock.clock_rate, clock.replays) == (
        b.clock_offset,
        b.clock_rate,
        ("pid", "completion"),
    )
    assert with_knobs(a, b, []) == replace(a, replays=REPLAYED)


def test_what_is_not_varied_stays() -> None:
    """B with some factors alone has A's values for all others, and no other value where the machine has none."""
    a = baseline("train.py", threads=1)
    b = varied("train.py", a, AROUND)
    assert restricted(a, b, []) == a
    assert restricted(a, b, ["listing"]) == replace(a, listing="reversed")
    assert (b.timezone, b.locale, b.cpus) == ("UTC-12", "", 3)


def test_the_users_own_run_is_as_it_comes() -> None:
    """Only the seed and the hash number are known; B varies from that, and leaves alone what is not to be varied."""
    own = as_it_comes(2**127, hash_seed=7)
    assert (own.seed, own.hash, own.threads, own.replays) == (2**127, 7, 0, ())
    assert as_it_comes(1).hash == baseline("train.py", threads=1).hash
    other = restricted(own, varied("train.py", own, AROUND), ["hash"])
    assert other == replace(own, hash=other.hash)
    assert other.hash != own.hash
