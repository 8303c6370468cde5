"""Aligning lines: what moved is told from what changed, and a change has one name whatever the other run is."""

from __future__ import annotations

import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_reprocheck.compare.aligning import align
from tests.compare.values import Lab, text

LINES = st.lists(st.sampled_from(["a", "b", "loss 0.5", "loss 0.50000000001", "loss 0.7", "[x, y]", "[y, x]", ""]))


def lines_of(content: str) -> list[str]:
    """``abc`` as three lines of one character."""
    return list(content)


@pytest.mark.parametrize(
    ("a", "b", "changes", "moved"),
    [
        ("abc", "abc", (), False),
        ("", "abc", ((None, 0), (None, 1), (None, 2)), False),
        ("abc", "", ((0, None), (1, None), (2, None)), False),
        ("abc", "axc", ((1, 1),), False),
        ("abc", "axbc", ((None, 1),), False),
        ("abc", "ac", ((1, None),), False),
        ("abc", "cab", (), True),
        ("abcd", "badx", ((2, 3),), True),
        ("xabcdef", "abcdefy", ((0, 6),), False),
        ("aab", "abb", ((1, 1),), False),
    ],
)
def test_changes_and_moves(a: str, b: str, changes: tuple[tuple[int | None, int | None], ...], moved: bool) -> None:
    """A line that came does not make all that follow differ, and a line that moved is no change."""
    found = align(lines_of(a), lines_of(b), lambda x, y: x == y, len)

    assert (found.changes, found.moved) == (changes, moved)


def test_a_changed_line_meets_the_line_of_its_form() -> None:
    """A line that went does not shift what is compared with what."""
    a, b = ["start", "epoch 1", "warning", "loss 5"], ["start", "loss 7"]
    found = align(a, b, lambda x, y: x == y, lambda line: line.split()[0])

    assert found.changes == ((1, None), (2, None), (3, 1))


def parts(lab: Lab, a: str, b: str) -> tuple[str, ...]:
    """Names of what differs between two texts."""
    judgement = lab.compare(text(a), text(b))
    return judgement.parts if judgement is not None else ()


def test_an_order_that_nothing_controls_hides_no_change_beside_it(lab: Lab) -> None:
    """What differs between A and its replay is subtracted part by part: the order goes, the score stays."""
    a = "worker 1 done\nworker 2 done\nauc 0.91\n"
    replayed = "worker 2 done\nworker 1 done\nauc 0.91\n"
    varied = "worker 2 done\nworker 1 done\nauc 0.86\n"

    assert parts(lab, a, replayed) == ("line order",)
    assert set(parts(lab, a, varied)) - set(parts(lab, a, replayed)) == {"line 3"}


def test_a_change_has_the_same_name_beside_other_changes(lab: Lab) -> None:
    """Lines are named by A's numbers; what only the other run has by the line of A that it follows."""
    a = "start\nauc 0.91\nend"

    assert parts(lab, a, "start\nauc 0.86\nend") == ("line 2",)
    assert parts(lab, a, "start\nwarning\nnote\nauc 0.86\nend") == ("after line 1", "line 2")
    assert parts(lab, a, "first\nstart\nauc 0.86\nend") == ("after line 0", "line 2")
    assert parts(lab, a, "start\nend") == ("line 2",)


def test_one_line_more_in_a_long_log_is_one_difference(lab: Lab) -> None:
    """Also where the log has ten thousand lines."""
    lines = [f"step {i}" for i in range(10_000)]
    judgement = lab.compare(text("\n".join(lines)), text("\n".join([*lines[:5000], "warning", *lines[5000:]])))

    assert judgement is not None
    assert (judgement.note, judgement.parts) == ("1 of 10001 lines differ", ("after line 5000",))


@settings(max_examples=300, deadline=None)
@given(LINES, LINES)
def test_every_line_is_told_once(a: list[str], b: list[str]) -> None:
    """Each line of both is equal to one of the other or stands in one change."""
    found = align(a, b, lambda x, y: x == y, len)
    left = [i for i, j in enumerate(found.partners) if j is not None] + [i for i, _ in found.changes if i is not None]
    right = [j for j in found.partners if j is not None] + [j for _, j in found.changes if j is not None]

    assert (sorted(left), sorted(right)) == (list(range(len(a))), list(range(len(b))))
    assert all(a[i] == b[j] for i, j in enumerate(found.partners) if j is not None)


@pytest.mark.parametrize("alphabet", ["a", "ab", "abcdefgh"])
def test_repeated_lines_take_little_time(alphabet: str) -> None:
    """Twenty thousand lines of few kinds, in another order, one less."""
    chooser = random.Random(0)
    a = [chooser.choice(alphabet) for _ in range(20_000)]
    b = [chooser.choice(alphabet) for _ in range(19_999)]
    start = time.process_time()
    align(a, b, lambda x, y: x == y, len)

    assert time.process_time() - start < 1
