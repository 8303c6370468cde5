"""Predictions: decisions that flip, and numbers that change."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from pytest_reprocheck.compare.judging import Judgement
from pytest_reprocheck.core.findings import Sameness
from tests.compare.values import Lab


@pytest.mark.parametrize(
    ("method", "a", "b", "sameness", "note"),
    [
        ("predict", [0, 1, 1], [0, 0, 1], "different", "1 of 3 decisions flip"),
        ("predict", [0, 1], [1, 0], "different", "2 of 2 decisions flip"),
        ("predict", ["no", "yes"], ["no", "no"], "different", "1 of 2 decisions flip"),
        ("predict", [[0, 1], [1, 1]], [[0, 1], [0, 0]], "different", "1 of 2 decisions flip"),
        ("fit_predict", [0, 1, 2], [0, 1, 1], "different", "1 of 3 decisions flip"),
        ("predict_proba", [[0.4, 0.6], [0.9, 0.1]], [[0.6, 0.4], [0.9, 0.1]], "different",
         "1 of 2 decisions flip, largest probability change 0.2"),
        ("predict_proba", [[0.4, 0.6], [0.9, 0.1]], [[0.3, 0.7], [0.9, 0.1]], "same decisions",
         "0 of 2 decisions flip, largest probability change 0.1"),
        ("predict_proba", [[0.4, 0.6]], [[0.4, 0.6 + 1e-12]], "within tolerance", "largest change 1e-12"),
        ("decision_function", [1.0, -2.0], [-1.0, -2.0], "different", "1 of 2 decisions flip, largest change 2"),
        ("decision_function", [[1.0], [2.0]], [[-1.0], [2.0]], "different",
         "1 of 2 decisions flip, largest change 2"),
        ("decision_function", [1.0, -2.0], [1.5, -2.0], "same decisions", "0 of 2 decisions flip, largest change 0.5"),
        ("predict", [0.0, 10.0, 5.0], [0.0, 10.0, 6.0], "different",
         "1 of 3 predictions differ, largest change 1 (10.00% of their spread)"),
        ("predict", [1.0, 2.0, 3.0], [3.0, 1.0, 2.0], "ordering only", "elements reordered"),
        ("predict", [0.0, 1.0, 0.0, 1.0], [1.0, 0.0, 0.0, 1.0], "different",
         "2 of 4 predictions differ, largest change 1 (100.00% of their spread)"),
        ("predict", [1.0, 2.0], [1.0, 2.0, 3.0], "different", "shape 2 | 3"),
        ("predict", [np.nan, np.nan], [1.0, 2.0], "different", "2 of 2 predictions differ"),
        ("cross_val_score", [0.5, 1.0], [0.5, 0.75], "different",
         "1 of 2 values differ, largest change 0.25 (50.00% of their spread)"),
        ("predict", 1.0, 2.0, "different", "1 of 1 values differ, first at [], largest change 1"),
    ],
)  # fmt: skip
def test_verdicts_on_predictions(
    method: str, a: npt.ArrayLike, b: npt.ArrayLike, sameness: str, note: str, lab: Lab
) -> None:
    """Labels by flips, scores by the decisions that they lead to, regressions by their spread."""
    what = f"Model.{method}"

    assert lab.judged(lab.array(a), lab.array(b), aspect="predictions", what=what) == (sameness, note)


def test_the_samples_that_flip_are_shown(lab: Lab) -> None:
    """The whole judgement of a classifier's labels."""
    a, b = lab.array(["no", "yes", "no"]), lab.array(["no", "no", "maybe"])

    assert lab.compare(a, b, aspect="predictions", what="SVC.predict") == Judgement(
        sameness=Sameness.DIFFERENT,
        a="[no, yes, no] (3 str)",
        b="[no, no, maybe] (3 str)",
        note="2 of 3 decisions flip",
        details=("[1]: yes | no", "[2]: no | maybe"),
        parts=("values",),
    )


def test_equal_predictions_are_identical(lab: Lab) -> None:
    """Predictions have no difference with themselves."""
    assert lab.compare(lab.array([0, 1]), lab.array([0, 1]), aspect="predictions", what="SVC.predict") is None


def test_predictions_too_large_to_keep_differ_by_digest(lab: Lab) -> None:
    """How many decisions flip is not guessed."""
    a, b = lab.array([0, 1], kept=False), lab.array([1, 1])

    assert lab.judged(a, b, aspect="predictions", what="SVC.predict") == (
        "different",
        "values too large to keep: compared by digest",
    )


def test_other_aspects_have_no_decisions(lab: Lab) -> None:
    """The same arrays as features are arrays."""
    assert lab.judged(lab.array([0, 1]), lab.array([1, 0]), aspect="features") == (
        "ordering only",
        "elements reordered",
    )
