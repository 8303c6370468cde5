"""What is not equal is never called so: cut texts, digests alone, numbers out of range, what one run lacks."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_reprocheck.compare.alignment import MAX_PARTS, MORE_PARTS, compare_traces
from pytest_reprocheck.compare.judging import cut, cut_pair
from pytest_reprocheck.core.findings import Difference
from pytest_reprocheck.core.tolerance import Tolerance
from pytest_reprocheck.core.trace import Outcome, Place, Trace
from tests.compare.values import Lab, observation, scalar, text, trace

ROOTS = ("/w/a/tree", "/w/b/tree")


def differences(a: Trace, b: Trace) -> tuple[Difference, ...]:
    """Everything that is not identical."""
    return compare_traces(a, b, tolerance=Tolerance()).differences


def test_a_text_that_was_cut_differs_by_its_digest(lab: Lab) -> None:
    """What was kept is equal, so the rest is not."""
    kept = text("x" * 1000)

    assert lab.judged(kept, dataclasses.replace(kept, digest="other")) == (
        "different",
        "differs beyond the first 1000 characters",
    )


def test_objects_that_were_cut_differ_by_their_digest(lab: Lab) -> None:
    """The same for the elements of an object array, alone and as a column."""
    kept = lab.objects(["long ..."])
    other = dataclasses.replace(kept, digest="other")
    table = lab.table([("x", [1])])
    a, b = (dataclasses.replace(table, data=(column,), digest=column.digest) for column in (kept, other))
    note = "elements differ beyond what was kept of them"

    assert lab.judged(kept, other) == ("different", note)
    assert lab.judged(a, b) == ("different", note)


def test_a_column_that_numpy_has_two_types_for_differs(lab: Lab) -> None:
    """Missing integers make a column of objects; noise in another column does not hide it."""
    table = lab.table([("n", [1, 2]), ("x", [1.0, 2.0])])
    gone = (lab.objects([1, None]), lab.array([1.0, 2.0 + 1e-12]))

    assert lab.judged(table, dataclasses.replace(table, data=gone, digest="other")) == (
        "different",
        "kept as n <i8 | object, values within tolerance",
    )


@pytest.mark.parametrize(
    ("a", "b", "sameness"),
    [
        ("1e400", "1e500", "different"),
        ("-1e400", "1e400", "different"),
        ("9" * 5000, "9" * 4999 + "8", "different"),
        ("9" * 5000 + ".5", "9" * 5000 + ".25", "different"),
        ("\N{MINUS SIGN}0.5", "0.5", "different"),
        ("\N{MINUS SIGN}1e-17", "1e-17", "within tolerance"),
        ("\N{MINUS SIGN}0.5", "-0.5", "within tolerance"),
    ],
)
def test_unusual_numbers_in_text(a: str, b: str, sameness: str, lab: Lab) -> None:
    """What is no float is not read as one, and a typographic minus is a minus."""
    assert lab.judged(text(a), text(b))[0] == sameness


def test_a_long_string_against_a_short_one_is_compared_as_text(lab: Lab) -> None:
    """Their kinds follow from their length, which is no difference by itself."""
    judgement = lab.compare(scalar("a\nb"), text("a\nb\nc"))

    assert judgement is not None
    assert (judgement.b, judgement.parts) == ("c", ("after line 2",))


@pytest.mark.parametrize("wrap", ["array", "objects", "column"])
def test_each_runs_own_folder_is_noise_in_arrays_too(wrap: str, lab: Lab) -> None:
    """File names in features differ by the run's copy of the project; another file is another value."""

    def value(name: str) -> object:
        if wrap == "objects":
            return lab.objects([name, "x"])
        return lab.array([name, "x"]) if wrap == "array" else lab.table([("file", [name, "x"])])

    a, b, c = (value(name) for name in ("/w/a/tree/1.png", "/w/b/tree/1.png", "/w/b/tree/2.png"))

    assert lab.judged(a, b, roots=ROOTS) == ("equal after normalisers", "temporary-path")  # type: ignore[arg-type]
    assert lab.judged(a, c, roots=ROOTS)[0] == "different"  # type: ignore[arg-type]


def test_missing_state_does_not_crowd_out_a_missing_output() -> None:
    """Each aspect has its own list of what one run lacks."""
    state = [observation(i, scalar(i), what=f"variable v{i}", aspect="state") for i in range(50)]
    found = differences(trace(*state, observation(60, text("x"))), trace())

    assert [item.key.what for item in found if item.key.aspect == "outputs"] == ["stdout"]


def test_the_end_of_a_run_is_one_fact_wherever_it_is() -> None:
    """A replay that raises elsewhere is subtracted from all other comparisons, not added to them."""
    a = trace()
    ends = [Outcome(status="raised", message="E: no", place=Place(path="train.py", line=line)) for line in (3, 9)]
    keys = {differences(a, trace(outcome=end))[0].key for end in ends}

    assert len(keys) == 1


def test_the_same_message_from_another_line_differs() -> None:
    """Two lines can raise the same."""
    a, b = (Outcome(status="raised", message="E: no", place=Place(path="train.py", line=line)) for line in (3, 9))

    assert [item.note for item in differences(trace(outcome=a), trace(outcome=b))] == ["at train.py:3 | train.py:9"]
    assert differences(trace(outcome=a), trace(outcome=a)) == ()


def test_a_fact_before_the_first_step_belongs_to_the_file() -> None:
    """It is not the last step's."""
    a, b = (trace(observation(0, text(shown), step=None), steps=3) for shown in "xy")

    assert differences(a, b)[0].place == Place(path="train.py")


def test_parts_beyond_a_thousand_are_one_part() -> None:
    """Subtracting parts stays quick, and what is beyond is not forgotten."""
    a, b = (trace(observation(0, text("\n".join(f"{name} {i}" for i in range(5000))))) for name in "ab")
    parts = differences(a, b)[0].parts

    assert (len(parts), parts[-1]) == (MAX_PARTS + 1, MORE_PARTS)


def test_wide_matrices_take_little_time(lab: Lab) -> None:
    """Columns are not looked at one by one."""
    left, right = np.random.default_rng(0).normal(size=(2, 4, 50_000))

    assert lab.judged(lab.array(left), lab.array(left[::-1])) == ("ordering only", "rows reordered")
    assert lab.judged(lab.array(left), lab.array(right))[0] == "different"


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=200), st.text(max_size=200), st.integers(min_value=5, max_value=80))
def test_whatever_is_shown_fits_a_line_and_can_be_printed(a: str, b: str, width: int) -> None:
    """Escape codes and halves of characters go to no terminal and no file."""
    for shown in (cut(a, width), *cut_pair(a, b, width)):
        assert len(shown) <= width
        assert "\x1b" not in shown
        shown.encode()


def test_colours_are_not_shown() -> None:
    """A fact of one run alone is shown without the codes that it was printed with."""
    assert cut("\x1b[31mred\x1b[0m \x07 \ud800") == "red ? ?"
