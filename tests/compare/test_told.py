"""Differences in the words in which people tell them, from data and from digests alone."""

from __future__ import annotations

import dataclasses
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_reprocheck.compare.moves import told_members, told_order
from pytest_reprocheck.core.values import Array, Table, Value, block_length
from tests.compare.values import Lab, items, mapping, names, scalar, thing


@pytest.mark.parametrize(
    ("a", "b", "told"),
    [
        ("abc", "abc", ""),
        ("abcde", "bcdae", "a moved from 0 to 3"),
        ("abcde", "adbce", "d moved from 3 to 1"),
        ("abc", "bac", "a and b swapped"),
        ("abcd", "dbca", "a and d swapped"),
        ("abcd", "dcba", "reversed"),
        ("abcdef", "cdabfe", "6 of 6 moved"),
        ("aab", "aba", "a and b swapped"),
    ],
)
def test_an_order_is_told_as_people_do(a: str, b: str, told: str) -> None:
    """One that moved, two that changed places, all the other way round, or how many."""
    assert told_order(a, b, a) == told


@given(members=st.lists(st.integers(0, 5), max_size=12), seed=st.integers(0, 99))
def test_any_two_orders_of_the_same_members_can_be_told(members: list[int], seed: int) -> None:
    """Nothing is said of equal ones, and something of all others."""
    other = random.Random(seed).sample(members, len(members))

    assert bool(told_order(members, other, [*map(str, members)])) == (members != other)


def test_members_of_one_side_are_named() -> None:
    """Each side's own, the first ones of many, and each as often as it comes."""
    assert told_members("ab", "bc", "columns") == "columns only in A: a, only in B: c"
    assert told_members("aa", "a", "columns") == "columns only in A: a"
    assert told_members("ab", "ba", "columns") == ""
    assert told_members("abcdefgh", "", "names") == "names only in A: a, b, c, d, e, f and 2 more"


def _blocks(lab: Lab, data: np.ndarray, **digests: str) -> Array:
    """An array of which digests alone were kept."""
    value = lab.array(data, kept=False)
    length = block_length(value.shape)
    blocks = tuple(str(hash(data[at : at + length].tobytes())) for at in range(0, len(data), length))
    return dataclasses.replace(value, blocks=blocks if len(blocks) > 1 else (), **digests)  # type: ignore[arg-type]


LONG = np.arange(10_000.0)
TOO_LARGE = "values too large to keep: compared by digest"


def test_digests_alone_tell_where_values_differ(lab: Lab) -> None:
    """The rows of the first and the last block that differ; nothing is said of others."""
    other = LONG.copy()
    other[[3000, 4100]] += 1
    length = block_length(LONG.shape)
    first, last = 3000 // length * length, (4100 // length + 1) * length - 1

    assert lab.judged(_blocks(lab, LONG), _blocks(lab, other)) == (
        "different",
        f"values differ in rows {first:,} to {last:,}: {TOO_LARGE}",
    )
    assert lab.judged(_blocks(lab, LONG[:9]), _blocks(lab, other[:9] + 1)) == ("different", TOO_LARGE)


def test_digests_alone_tell_another_order(lab: Lab) -> None:
    """Of elements, of rows, and of elements that are no rows any more."""
    a, b = _blocks(lab, LONG, unordered="u"), _blocks(lab, LONG[::-1].copy(), unordered="u")
    square = LONG.reshape(100, 100)
    rows = [_blocks(lab, part, unordered="u", rows_digest="r") for part in (square, square[::-1].copy())]
    mixed = _blocks(lab, square.T.copy(), unordered="u", rows_digest="s")

    assert lab.judged(a, b) == ("ordering only", "elements reordered")
    assert lab.judged(*rows) == ("ordering only", "rows reordered")
    assert lab.judged(rows[0], mixed) == ("different", "the same elements in other places")


def _large(lab: Lab, data: np.ndarray, rows: str) -> Table:
    column = _blocks(lab, data)
    table = lab.table([("x", [1.0])], kept=False)
    return dataclasses.replace(table, data=(column,), digest=column.digest, rows_digest=rows)


def test_digests_alone_tell_permuted_rows_of_tables_from_other_values(lab: Lab) -> None:
    """Whole rows count, not columns each for itself."""
    other = LONG[::-1].copy()

    assert lab.judged(_large(lab, LONG, "r"), _large(lab, other, "r")) == ("ordering only", "rows reordered")
    assert lab.judged(_large(lab, LONG, "r"), _large(lab, other, "s")) == (
        "different",
        f"x: {TOO_LARGE}",
    )


def test_the_first_row_that_moved_is_told(lab: Lab) -> None:
    """In arrays and tables; missing values are like each other."""
    a = np.array([[1.0, np.nan], [2.0, 2.0], [3.0, 3.0]])
    b = a[[0, 2, 1]]

    assert lab.judged(lab.array(a), lab.array(b)) == ("ordering only", "rows reordered from row 1 on")
    tables = [lab.table([("x", part[:, 0]), ("y", part[:, 1])]) for part in (a, b)]
    assert lab.judged(*tables) == ("ordering only", "rows reordered from row 1 on")


def _model(lab: Lab, coefficients: list[float], names_in: list[str], depth: int = 3) -> Value:
    return thing(
        "m.Ridge",
        coef_=lab.array(coefficients),
        feature_names_in_=lab.objects(names_in),
        parameters=mapping({"depth": scalar(depth), "name": scalar("x")}),
    )


def test_coefficients_bear_the_names_of_their_features(lab: Lab) -> None:
    """Where both fits have the same features; another order of features gives no names."""
    a = _model(lab, [0.5, 0.25], ["age", "pay"])
    changed = lab.compare(a, _model(lab, [0.5, 0.75], ["age", "pay"]), aspect="training")
    reordered = lab.compare(a, _model(lab, [0.5, 0.75], ["pay", "age"]), aspect="training")

    assert changed is not None
    assert reordered is not None
    assert changed.note == "1 of 2 values differ, first at [1] (pay), largest change 0.5"
    assert changed.details == ("coef_[1] (pay): 0.25 | 0.75",)
    assert "(pay)" not in " ".join(reordered.details)


def test_a_hyperparameter_is_told_with_both_values(lab: Lab) -> None:
    """By its name alone."""
    judgement = lab.compare(_model(lab, [1.0], ["a"], 3), _model(lab, [1.0], ["a"], 5), aspect="training")

    assert judgement is not None
    assert (judgement.a, judgement.b) == ("parameters.depth 3", "parameters.depth 5")


def test_members_of_an_ensemble_that_differ_are_numbered(lab: Lab) -> None:
    """And another order of them is told apart from other ones."""
    trees = [thing("m.Tree", value=lab.array([float(number)])) for number in range(5)]
    other = [*trees[:2], thing("m.Tree", value=lab.array([7.0])), trees[3], thing("m.Tree", value=lab.array([8.0]))]
    moved = [trees[3], *trees[:3], trees[4]]

    assert lab.judged(items(trees), items(other)) == ("different", "2 of 5 Tree differ: [2], [4]")
    assert lab.judged(items(trees), items(moved)) == ("ordering only", "members reordered: [3] moved from 3 to 0")


def test_values_that_look_alike_at_their_beginning_are_shown_where_they_differ(lab: Lab) -> None:
    """The first flip, and the largest change."""
    a, b = np.zeros(50, dtype=int), np.zeros(50, dtype=int)
    b[17] = 1
    flipped = lab.compare(lab.array(a), lab.array(b), aspect="predictions", what="SVC.predict")
    changed = lab.compare(lab.array(a * 1.0), lab.array(b * 1.0))

    assert flipped is not None
    assert changed is not None
    assert (flipped.a, flipped.b) == ("[17] 0", "[17] 1")
    assert (changed.a, changed.b) == ("[17] 0.0", "[17] 1.0")


def test_a_name_that_was_added_is_told(lab: Lab) -> None:
    """Beside the lists of both sides."""
    judgement = lab.compare(names("age", "pay"), names("age", "city", "pay"), aspect="features")

    assert judgement is not None
    assert (judgement.note, judgement.a, judgement.b) == ("names only in B: city", "age, pay", "age, city, pay")


def test_paths_in_a_list_of_names_are_noise_as_elsewhere(lab: Lab) -> None:
    """A list of each run's own files is equal after normalisers, and not a list of other names."""
    a, b = (names(f"/w/{run}/tree/x.csv", "y") for run in "ab")

    assert lab.judged(a, b, roots=("/w/a/tree", "/w/b/tree"))[0] == "equal after normalisers"
