"""Data frames: columns, rows, types and values told apart."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from pytest_reprocheck.compare.judging import Judgement
from pytest_reprocheck.core.findings import Sameness
from pytest_reprocheck.core.values import Table
from tests.compare.values import Lab

AGE, CITY, PAY = [31, 45, 28], ["Bern", "Oslo", "Rome"], [1.5, 2.5, 3.5]


def people(lab: Lab, *order: int, names: tuple[str, ...] = ("age", "city", "pay"), indexed: bool = False) -> Table:
    """Three people in some order, with the columns in some order."""
    rows = list(order) or [0, 1, 2]
    known = {"age": AGE, "city": CITY, "pay": PAY}
    columns = [(name, np.array(known[name])[rows]) for name in names]
    return lab.table(columns, index=np.array(rows) if indexed else None)


def test_equal_tables_are_identical(lab: Lab) -> None:
    """A table has no difference with itself."""
    assert lab.compare(people(lab), people(lab)) is None


def test_changed_values_are_told_by_column_and_rows(lab: Lab) -> None:
    """Which columns, how many rows, from which to which, and the cells that changed most."""
    changed = lab.table([("age", [31, 45, 29]), ("city", CITY), ("pay", [1.5, 9.5, 3.5])])

    assert lab.compare(people(lab), changed) == Judgement(
        sameness=Sameness.DIFFERENT,
        a="age[2] 28",
        b="age[2] 29",
        note="values differ in 2 of 3 rows, first row 1: age (largest change 1), pay (largest change 7)",
        details=("age[2]: 28 | 29", "pay[1]: 2.5 | 9.5"),
        parts=("age", "pay"),
    )


@pytest.mark.parametrize("indexed", [False, True])
def test_rows_in_another_order_are_the_same_rows(indexed: bool, lab: Lab) -> None:
    """With their labels, or without any."""
    a, b = people(lab, indexed=indexed), people(lab, 2, 0, 1, indexed=indexed)

    assert lab.judged(a, b) == ("ordering only", "rows reordered")


def test_a_default_index_has_labels_too(lab: Lab) -> None:
    """A shuffled frame keeps the numbers that the sorted one did not need to write down."""
    assert lab.judged(people(lab), people(lab, 2, 0, 1, indexed=True)) == ("ordering only", "rows reordered")


def test_values_that_moved_to_other_labels_are_other_values(lab: Lab) -> None:
    """The same rows under an unmoved index belong to somebody else now."""
    a = lab.table([("pay", PAY)], index=["x", "y", "z"])
    b = lab.table([("pay", PAY[::-1])], index=["x", "y", "z"])

    assert lab.judged(a, b)[0] == "different"


def test_columns_in_another_order(lab: Lab) -> None:
    """The names show it."""
    judgement = lab.compare(people(lab), people(lab, names=("pay", "age", "city")))

    assert judgement == Judgement(
        sameness=Sameness.ORDERING,
        a="age, city, pay (3 rows)",
        b="pay, age, city (3 rows)",
        note="columns reordered: pay moved from 2 to 0",
        parts=("column order",),
    )


def test_columns_and_rows_in_another_order_are_both_told(lab: Lab) -> None:
    """A combination is no other difference than its parts."""
    b = people(lab, 1, 0, 2, names=("city", "age", "pay"))

    assert lab.judged(people(lab), b) == ("ordering only", "columns reordered: age and city swapped, rows reordered")


def test_columns_in_another_order_and_other_values(lab: Lab) -> None:
    """The order does not hide the values."""
    b = lab.table([("city", CITY), ("age", [31, 45, 99]), ("pay", PAY)])
    note = "columns reordered: age and city swapped, values differ in 1 of 3 rows, first row 2: age (largest change 71)"

    assert lab.judged(people(lab), b) == ("different", note)


def test_columns_of_one_side_are_named_and_the_others_still_compared(lab: Lab) -> None:
    """A missing column does not hide what differs in the rest."""
    b = lab.table([("age", [31, 45, 99]), ("zip", [1, 2, 3]), ("pay", PAY)])
    note = "columns only in A: city, only in B: zip, "

    assert lab.judged(people(lab), b) == (
        "different",
        note + "values differ in 1 of 3 rows, first row 2: age (largest change 71)",
    )


def test_the_number_of_rows_and_types_are_named(lab: Lab) -> None:
    """Shape and type come before values."""
    a = lab.table([("x", [1, 2])])

    assert lab.judged(a, lab.table([("x", [1])])) == ("different", "2 rows | 1 rows")
    assert lab.judged(a, lab.table([("x", [1.0, 2.0])])) == ("different", "dtypes x int64 | float64")
    assert lab.judged(a, lab.table([("x", [1, 2])], kind="pandas.Series")) == (
        "different",
        "type pandas.DataFrame | pandas.Series",
    )


def test_columns_of_one_name_are_compared_each_with_its_own(lab: Lab) -> None:
    """Names need not be unique."""
    a, b = (lab.table([("x", [1, 2]), ("x", [3, last])]) for last in (4, 9))

    assert lab.judged(a, b) == ("different", "values differ in 1 of 2 rows, first row 1: x#2 (largest change 5)")


def test_rounding_noise_is_within_tolerance(lab: Lab) -> None:
    """A column's own scale counts."""
    a, b = lab.table([("x", [1.0, 2.0])]), lab.table([("x", [1.0, 2.0 + 1e-12])])

    assert lab.judged(a, b) == ("within tolerance", "values within tolerance")


def test_times_that_a_search_measured_are_noise(lab: Lab) -> None:
    """``DataFrame(search.cv_results_)`` differs in each run by its durations; a score does not go with them."""
    a, b = (lab.table([("mean_fit_time", [time]), ("mean_test_score", [0.5])]) for time in (0.1, 0.2))
    c = lab.table([("mean_fit_time", [0.3]), ("mean_test_score", [0.6])])

    assert lab.judged(a, b) == ("equal after normalisers", "fit-times")
    assert lab.judged(a, c)[0] == "different"
    assert lab.judged(*(lab.table([("mean_test_lead_time", [value])]) for value in (1.0, 2.0)))[0] == "different"


def test_columns_too_large_to_keep_differ_by_digest(lab: Lab) -> None:
    """Nothing is said of their order."""
    a, b = lab.table([("x", [1, 2])], kept=False), lab.table([("x", [2, 1])], kept=False)

    assert lab.judged(a, b) == ("different", "x: values too large to keep: compared by digest")


def test_columns_at_hand_tell_what_the_others_cannot(lab: Lab) -> None:
    """Of a wide table the first columns are kept: their values say more than the names of the rest."""

    def wide(shift: float) -> Table:
        kept = lab.table([("x", [1.0, 2.0 + shift])])
        rest = lab.table([("y", [shift, 0.0]), ("z", [shift, 1.0])], kept=False)
        return dataclasses.replace(
            kept,
            columns=(*kept.columns, *rest.columns),
            data=(*kept.data, *rest.data),
            dtypes=(*kept.dtypes, *rest.dtypes),
            digest=kept.digest + rest.digest,
        )

    assert lab.judged(wide(0), wide(1)) == (
        "different",
        (
            "values differ in 1 of 2 rows, first row 1: x (largest change 1), "
            "2 more columns: values too large to keep: compared by digest"
        ),
    )


def test_another_index(lab: Lab) -> None:
    """Labels are values; labels of another type are told."""
    a = lab.table([("x", [1, 2])], index=[10, 20])

    assert lab.judged(a, lab.table([("x", [1, 2])], index=[10, 21]))[0] == "different"
    assert lab.judged(a, lab.table([("x", [1, 2])], index=["a", "b"])) == (
        "different",
        "(index): index of another type, or not at hand",
    )


def test_equal_columns_with_another_digest_still_differ(lab: Lab) -> None:
    """Categories and the names of an index are in the digest alone: never equal by silence."""
    a = people(lab)

    assert lab.judged(a, dataclasses.replace(a, digest="other")) == ("different", "equal columns, other metadata")
