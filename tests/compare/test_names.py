"""Files of generated names: which of the other run's files is meant."""

from __future__ import annotations

import pytest

from pytest_reprocheck.compare.names import counterparts, form_of
from pytest_reprocheck.compare.normalise import Own

OWN = (Own(pid="4711"), Own(pid="4812"))

GENERATED = [
    ("run-0f6409cb-c624-4649-a031-184d48f5ad73.txt", "run-bc5c3bd8-b4cb-42ab-bedc-d99757907b24.txt"),
    ("model_3fa85f64.pkl", "model_9bc2e1d0.pkl"),
    ("tmpa8_xk2pq/part.csv", "tmpzz91_c0d/part.csv"),
    ("report_2026-11-21.csv", "report_2027-03-05.csv"),
    ("logs/20261121_101500.log", "logs/20270305_235959.log"),
    ("run 2026-11-21T10:15:00.123456.json", "run 2027-03-05T23:59:59.654321.json"),
    ("out_1763719200.npy", "out_1774000000.npy"),
    ("part-4711.csv", "part-4812.csv"),
]


@pytest.mark.parametrize(("a", "b"), GENERATED)
def test_generated_parts_are_told_from_names(a: str, b: str) -> None:
    """Identifiers, temporary names, dates, seconds since 1970 and process numbers."""
    assert form_of(a, OWN[0]) == form_of(b, OWN[1])
    assert counterparts({a: "1"}, {b: "1"}, OWN) == {b: a}


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("model_0.93.pkl", "model_0.95.pkl"),
        ("fold_3.csv", "fold_7.csv"),
        ("best_forest.pkl", "best_ridge.pkl"),
        ("decade.csv", "facade.csv"),
        ("epoch12.pt", "epoch15.pt"),
    ],
)
def test_names_that_somebody_chose_are_no_counterparts(a: str, b: str) -> None:
    """A score, a number of a fold or the name of a model is a result."""
    assert counterparts({a: "1"}, {b: "1"}, OWN) == {}


def test_equal_content_decides_between_several() -> None:
    """Of files of one form those with equal content belong together, the rest in order."""
    a = {"part-aaaaaaa1.csv": "1", "part-aaaaaaa2.csv": "2", "part-aaaaaaa3.csv": "3"}
    b = {"part-bbbbbbb1.csv": "3", "part-bbbbbbb2.csv": "9", "part-bbbbbbb3.csv": "1"}
    assert counterparts(a, b, OWN) == {
        "part-bbbbbbb1.csv": "part-aaaaaaa3.csv",
        "part-bbbbbbb3.csv": "part-aaaaaaa1.csv",
        "part-bbbbbbb2.csv": "part-aaaaaaa2.csv",
    }
