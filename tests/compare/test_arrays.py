"""Arrays and single values: tolerance, order, type, and data that are not there."""

from __future__ import annotations

import dataclasses

import numpy as np
import numpy.typing as npt
import pytest

from pytest_reprocheck.compare.judging import Judgement
from pytest_reprocheck.core.findings import Sameness
from pytest_reprocheck.core.tolerance import Tolerance
from pytest_reprocheck.core.values import Scalar
from tests.compare.values import Lab, items, opaque, scalar, text

NAN, INF = float("nan"), float("inf")
RECORD = [("x", "<f8"), ("n", "<i8")]


def test_equal_arrays_are_identical_without_their_data(lab: Lab) -> None:
    """Equal digests are equal values; nothing is loaded."""
    value = lab.array([1.0, 2.0], kept=False)

    assert lab.compare(value, value) is None


@pytest.mark.parametrize(
    ("a", "b", "sameness"),
    [
        ([1.0], [1.0 + 1e-8], "within tolerance"),
        ([1.0], [1.0 + 1e-6], "different"),
        ([0.0], [9e-8], "within tolerance"),
        ([0.0], [2e-7], "different"),
        ([0.0], [-0.0], "within tolerance"),
        ([NAN], [-NAN], "within tolerance"),
        ([NAN], [1.0], "different"),
        ([INF], [-INF], "different"),
        ([INF, 1.0], [INF, 1.0 + 1e-9], "within tolerance"),
        ([1e308], [-1e308], "different"),
        ([1e8, 0.0], [1e8, 1e-4], "within tolerance"),
        ([1e8, 0.0], [1e8, 1e-3], "different"),
        ([1e9, 30.0], [1e9, 50.0], "different"),
        (np.array([1.0], "f4"), np.array([1.000005], "f4"), "within tolerance"),
        (np.array([1.0], "f4"), np.array([1.0001], "f4"), "different"),
        (np.array([1.0], "f2"), np.array([1.001], "f2"), "within tolerance"),
        (np.array([1.0], "f2"), np.array([1.01], "f2"), "different"),
        ([1 + 1j], [1 + 1.00000001j], "within tolerance"),
        ([1 + 1j], [1 + 2j], "different"),
        ([1, 2], [1, 3], "different"),
        ([True, False], [True, True], "different"),
        (["a", "b"], ["a", "longer"], "different"),
        (np.array(["2026-01-01", "NaT"], "M8[D]"), np.array(["2026-01-02", "NaT"], "M8[D]"), "different"),
        (np.array([(1.0, 1)], RECORD), np.array([(1.00000001, 1)], RECORD), "within tolerance"),
        (np.array([(1.0, 1)], RECORD), np.array([(1.0, 2)], RECORD), "different"),
        (np.zeros((0, 3)), np.zeros((0, 4)), "different"),
        ([[1.0, 1e9]], [[1.0, 1e9 + 1]], "within tolerance"),
        ([[1.7e9, 30.0], [1.6e9, 40.0]], [[1.7e9, 90.0], [1.6e9, 40.0]], "different"),
        (5.0, 6.0, "different"),
    ],
)  # fmt: skip
def test_tolerance_by_type_and_scale(a: npt.ArrayLike, b: npt.ArrayLike, sameness: str, lab: Lab) -> None:
    """Floats by the precision of their type and the scale of their vector or column, everything else exactly."""
    assert lab.judged(lab.array(a), lab.array(b))[0] == sameness


def test_the_users_tolerance_takes_the_place_of_the_default(lab: Lab) -> None:
    """Stricter and looser ones alike."""
    a, b = lab.array([1.0]), lab.array([1.0 + 1e-9])

    assert lab.judged(a, b, tolerance=Tolerance(rtol=0, atol=0))[0] == "different"
    assert lab.judged(a, lab.array([1.4]), tolerance=Tolerance(rtol=0.5))[0] == "within tolerance"


def test_a_difference_of_arrays_is_told_with_its_measure(lab: Lab) -> None:
    """How many, where, how far, and the largest changes first."""
    judgement = lab.compare(lab.array([[1.5, 2.0], [3.0, 4.0]]), lab.array([[1.5, 2.25], [3.0, 5.0]]))

    assert judgement == Judgement(
        sameness=Sameness.DIFFERENT,
        a="[1.5, 2.0, 3.0, 4.0] (2x2 float64)",
        b="[1.5, 2.25, 3.0, 5.0] (2x2 float64)",
        note="2 of 4 values differ, first at [0, 1], largest change 1",
        details=("[1, 1]: 4.0 | 5.0", "[0, 1]: 2.0 | 2.25"),
        parts=("values",),
    )


@pytest.mark.parametrize(
    ("a", "b", "note"),
    [
        ([1, 2, 3], [3, 1, 2], "elements reordered"),
        (["x", "y"], ["y", "x"], "elements reordered"),
        ([0.1, NAN, 0.3], [0.3, 0.1, NAN], "elements reordered"),
        ([0.1, 0.2], [0.2, 0.1 + 1e-12], "elements reordered"),
        ([[1, 2], [3, 4]], [[3, 4], [1, 2]], "rows reordered"),
        ([[1.0, NAN], [3.0, 4.0]], [[3.0, 4.0], [1.0, NAN]], "rows reordered"),
        ([[1, 2, 3], [4, 5, 6]], [[3, 1, 2], [6, 4, 5]], "columns reordered"),
        ([[[1, 2]], [[3, 4]]], [[[3, 4]], [[1, 2]]], "rows reordered"),
    ],
)
def test_another_order_is_told_from_other_values(a: npt.ArrayLike, b: npt.ArrayLike, note: str, lab: Lab) -> None:
    """The same elements, rows or columns elsewhere."""
    assert lab.judged(lab.array(a), lab.array(b)) == ("ordering only", note)


def test_rows_mixed_up_within_are_no_reordering(lab: Lab) -> None:
    """Each row must come again as a whole."""
    assert lab.judged(lab.array([[1, 2], [3, 4]]), lab.array([[1, 4], [3, 2]]))[0] == "different"


@pytest.mark.parametrize(
    ("a", "b", "note"),
    [
        (np.zeros((2, 3)), np.zeros((3, 2)), "shape 2x3 | 3x2"),
        (np.ones(2, "<f4"), np.ones(2), "dtype float32 | float64, equal values"),
        (np.ones(2, "<f4"), np.zeros(2), "dtype float32 | float64"),
        (["1"], [1], "dtype str | int64"),
    ],
)
def test_another_shape_or_type_is_named(a: npt.ArrayLike, b: npt.ArrayLike, note: str, lab: Lab) -> None:
    """Both sides' are told, and whether the type is all that differs."""
    assert lab.judged(lab.array(a), lab.array(b)) == ("different", note)


def test_large_integers_do_not_lose_their_last_digits(lab: Lab) -> None:
    """The largest change is exact where a float could not hold it, and does not overflow."""
    near = lab.judged(lab.array([2**62]), lab.array([2**62 + 1]))[1]
    far = lab.judged(lab.array([-(2**63)]), lab.array([2**63 - 1]))[1]

    assert near.endswith("largest change 1")
    assert far.endswith(f"largest change {2**64 - 1}")


def test_arrays_of_objects_compare_by_repr_and_floats_among_them_by_value(lab: Lab) -> None:
    """Rounding noise in a column of mixed objects is noise; a string is exact even when it looks like a number."""
    a = lab.objects(["a", 0.1, None])

    assert lab.judged(a, lab.objects(["a", 0.1 + 1e-12, None]))[0] == "within tolerance"
    assert lab.judged(a, lab.objects(["a", 0.2, None]))[0] == "different"
    assert lab.judged(lab.objects(["0.10"]), lab.objects(["0.1"]))[0] == "different"
    assert lab.judged(lab.objects([1]), lab.objects([2]))[0] == "different"


def test_data_that_were_not_kept_differ_by_digest(lab: Lab) -> None:
    """What was too large to keep differs, and the note says how that is known."""
    a, b = lab.array([1.0], kept=False), lab.array([2.0])

    assert lab.judged(a, b) == ("different", "values too large to keep: compared by digest")
    assert lab.judged(b, a) == ("different", "values too large to keep: compared by digest")


@pytest.mark.parametrize("content", [None, b"", b"junk"])
def test_data_that_are_gone_or_broken_differ_by_digest(content: bytes | None, lab: Lab) -> None:
    """A missing or damaged file is no crash and no equality."""
    a, b = lab.array([1.0]), lab.array([1.0 + 1e-12])
    assert b.blob is not None
    file = lab.blobs / b.blob
    file.unlink()
    if content is not None:
        file.write_bytes(content)

    assert lab.judged(a, b) == ("different", "values not at hand: compared by digest")


@pytest.mark.parametrize(
    ("a", "b", "sameness", "note"),
    [
        (scalar(0.5), scalar(0.5 + 1e-12), "within tolerance", ""),
        (scalar(0.861), scalar(0.857), "different", ""),
        (scalar(NAN), scalar(NAN), "identical", ""),
        (scalar(INF), scalar(-INF), "different", ""),
        (scalar(0.5, "numpy.float32"), scalar(0.500001, "numpy.float32"), "within tolerance", ""),
        (scalar(1 + 1j), scalar(1 + 1.0000000001j), "within tolerance", ""),
        (scalar(1), scalar(2), "different", ""),
        (scalar(1), scalar(1.0), "different", "type int | float"),
        (scalar("lag 3 s"), scalar("lag 4 s"), "different", ""),
        (scalar("a"), scalar("b"), "different", ""),
        (scalar("/tmp/tmpab12cd_9/x"), scalar("/tmp/tmpzz12cd_9/x"), "equal after normalisers", "temporary-path"),
        (scalar("/w/a/tree/x"), scalar("/w/b/tree/x"), "equal after normalisers", "temporary-path"),
        (scalar(True), scalar(None), "different", "type bool | NoneType"),
    ],
)
def test_single_values(a: Scalar, b: Scalar, sameness: str, note: str, lab: Lab) -> None:
    """Floats by tolerance, all else exactly, but for where on the disk the run happened to be."""
    assert lab.judged(a, b, roots=("/w/a/tree", "/w/b/tree")) == (sameness, note)


def test_a_text_that_was_cut_differs_by_its_digest(lab: Lab) -> None:
    """Where the texts kept are equal the rest is not."""
    a = scalar("a")

    assert lab.judged(a, dataclasses.replace(a, digest="other")) == ("different", "")


def test_both_single_values_are_shown(lab: Lab) -> None:
    """A score is told by its two numbers."""
    judgement = lab.compare(scalar(0.861), scalar(0.857), aspect="predictions", what="Ridge.score")

    assert judgement == Judgement(sameness=Sameness.DIFFERENT, a="0.861", b="0.857", parts=("all",))


def test_values_of_different_kinds_are_compared_by_digest(lab: Lab) -> None:
    """What no comparator knows differs, and both kinds are named."""
    assert lab.judged(scalar(1), lab.array([1])) == ("different", "another kind of value: scalar | array")
    assert lab.judged(text("a"), items([])) == ("different", "another kind of value: text | items")
    assert lab.judged(opaque(digest="1"), opaque(digest="2")) == (
        "different",
        "compared by digest (no canonical form)",
    )
    assert lab.compare(opaque(digest="1"), opaque(digest="1")) is None
