"""Fields that mean nothing go, whatever may be a result stays, and no text takes long."""

from __future__ import annotations

import time

import pytest

from pytest_reprocheck.compare.normalise import NORMALISERS, Own, normalise_pair
from tests.compare.values import Lab, own_of, text

NO_ROOTS = (Own(), Own())

NOISE = [
    ("address", "<M object at 0x7f3a12345678>", "<M object at 0x7fdeadbeef00>"),
    ("address", "<function f at 0x104b5c0d0>", "<function f at 0x104b5c0e8>"),
    ("address", "ptr 0x55d0c0ffee00", "ptr 0x55d0c0ffee99"),
    ("duration", "took 1.23 s", "took 45.6 s"),
    ("duration", "took 12.3 ms", "took 4 µs"),
    ("duration", "1min 2s", "59 s"),
    ("duration", "0:00:01.234567", "0:00:02.345678"),
    ("duration", "0 days 00:00:01.234567", "0 days 00:00:02.345678"),
    ("duration", "elapsed: 01:12:45", "elapsed: 01:13:01"),
    ("duration", "1.2 seconds", "13 seconds"),
    ("duration", "1.5e-05 s", "2.5e-05 s"),
    ("duration", "total time=   9.1s", "total time=  10.1s"),
    ("duration", "training time: 0.52", "training time: 0.61"),
    ("duration", "50%|## [00:12<00:03,  3.95it/s, loss=0.53]", "50%|## [00:13<00:04,  3.15it/s, loss=0.53]"),
    ("duration", "60it [00:00, 123.4it/s]", "60it [00:01, 99.4it/s]"),
    ("duration", "1/1 ━ 0s 12ms/step - loss: 0.5", "1/1 ━ 0s 9ms/step - loss: 0.5"),
    (
        "duration",
        "CPU times: user 1.2 s, sys: 12 ms, total: 1.3 s\nWall time: 1.4 s",
        "CPU times: user 999 ms, sys: 1.2 ms, total: 1 s\nWall time: 1min 4s",
    ),
    (
        "duration",
        "12.3 µs ± 45 ns per loop (mean ± std. dev. of 7 runs, 100,000 loops each)",
        "1.3 ms ± 4.5 µs per loop (mean ± std. dev. of 7 runs, 1,000 loops each)",
    ),
    ("fit-times", "{'fit_time': array([0.001, 0.002])}", "{'fit_time': array([0.003,\n 0.004])}"),
    ("ipykernel-path", "/tmp/ipykernel_123/456.py:3: W", "/tmp/ipykernel_9/77.py:3: W"),
    ("log-time", "2026-01-02 03:04:05,678 INFO go", "2026-01-02 03:04:06,001 INFO go"),
    ("summary-time", "Time:              06:00:19   BIC 1", "Time:              06:00:22   BIC 1"),
    ("summary-time", "Date:    Sat, 21 Nov 2026  R2", "Date:    Sun, 22 Nov 2026  R2"),
    ("summary-time", "<th>\nTime:\n</th>\n<td>\n06:00:19\n</td>", "<th>\nTime:\n</th>\n<td>\n06:00:22\n</td>"),
    ("duration", "Training time (s): 0.1234", "Training time (s): 0.2345"),
    ("duration", "took 0.12345678901234567 seconds", "took 0.2345678901234567 seconds"),
    ("log-time", "[03:04:05] WARNING: learner.cc", "[03:04:06] WARNING: learner.cc"),
    ("progress", " 50%|█████     | 5/10", " 50%|██▌  | 5/10"),
    ("progress", "5/10 [=====>.....]", "5/10 [==>..]"),
    ("progress", "━━━━━━━╸ 80%", "━━━━╸ 80%"),
    ("temporary-path", "/tmp/tmpab12cd_9/x.csv", "/tmp/tmpzz99yy_0/x.csv"),
    ("generated-id", f'{{"model_id": "{"0" * 32}"}}', f'{{"model_id": "{"f" * 32}"}}'),
]  # fmt: skip

RESULTS = [
    ("accuracy 0.91", "accuracy 0.92"),
    ("size 3 MB", "size 4 MB"),
    ("n=0x1F4", "n=0x1F5"),
    ("0xDEADBEEF", "0xDEADBEE0"),
    ("digest 0x9f3a1234567890ab", "digest 0x9f3a1234567890ac"),
    ("12:30 matches", "12:31 matches"),
    ("busiest 08:00:00", "busiest 17:00:00"),
    ("2026-01-02 03:04:05 sales", "2026-01-03 03:04:05 sales"),
    ("version 1.2.3", "version 1.20.3"),
    ("s1 = 0.5", "s1 = 0.6"),
    ("lag_3s", "lag_4s"),
    ("in the 1990s", "in the 1980s"),
    ("wind 3.2 m/s", "wind 4.2 m/s"),
    ("change -3.2 s", "change -4.2 s"),
    ("5 of 10 | 5 |", "5 of 10 | 6 |"),
    ("training time 3 epochs", "training time 4 epochs"),
    ("loss [0.1]", "loss [0.2]"),
    ("tmp_results", "tmp_weights"),
    ("/data/features", "/data/datasets"),
    ("2f1c6a52-1111-4222-8333-123456789abc", "2f1c6a52-1111-4222-8333-123456789abd"),
    ("score 100 in 3 tries", "score 101 in 3 tries"),
    ("'survival_time': array([1.0])", "'survival_time': array([2.0])"),
    ("5/10 epochs, 50%", "6/10 epochs, 60%"),
]


@pytest.mark.parametrize(("name", "a", "b"), NOISE)
def test_noise_is_equal_after_the_named_normaliser(name: str, a: str, b: str) -> None:
    """Texts that differ in such a field alone become equal, and the note can name what made them so."""
    left, right, used = normalise_pair(a, b, NO_ROOTS)

    assert left == right
    assert name in used


@pytest.mark.parametrize(("a", "b"), RESULTS)
def test_what_may_be_a_result_stays(a: str, b: str, lab: Lab) -> None:
    """Near misses of every pattern still differ, and count."""
    assert lab.judged(text(a), text(b))[0] == "different"


def test_only_normalisers_that_mattered_are_named() -> None:
    """A field that is the same in both texts has nothing to do with their being equal."""
    a, b = "took 1.2 s at 0x7f3a12345678", "took 1.2 s at 0x7f3a12345679"

    assert normalise_pair(a, b, NO_ROOTS) == ("took <duration> at <address>",) * 2 + (("address",),)


def test_each_run_has_its_own_root() -> None:
    """The runs' copies of the project, and the temporary folders beside them, lie at different paths."""
    a = "/w/a/tree/data.csv /w/a/tmp/x_81 /w/a/trees"
    b = "/w/b/tree/data.csv /w/b/tmp/y_99 /w/b/trees"
    left, right, used = normalise_pair(a, b, (own_of("/w/a/tree"), own_of("/w/b/tree")))

    assert left == "<root>/data.csv <tmp>/<name> /w/a/trees"
    assert right == "<root>/data.csv <tmp>/<name> /w/b/trees"
    assert used == ("temporary-path",)


def test_a_score_beside_a_duration_still_shows(lab: Lab) -> None:
    """Fields are replaced, never lines."""
    judgement = lab.compare(text("fold 1: 0.861 in 1.2 s"), text("fold 1: 0.857 in 1.9 s"))

    assert judgement is not None
    assert (judgement.sameness.value, judgement.a) == ("different", "fold 1: 0.861 in <duration>")
    assert judgement.b == "fold 1: 0.857 in <duration>"


@pytest.mark.parametrize(
    "unit",
    ["1", " ", "<", "a\r", "/a", "<a b=", "0x7", "[(", "1:", "1 ", "'", "━", "=", "1.5e-", "\x1b[", "at 0x", "12 d "],
)  # fmt: skip
def test_time_grows_with_the_text_and_no_faster(unit: str, lab: Lab) -> None:
    """No pattern looks again and again at the same text: eight times the text takes about eight times as long."""

    def seconds(size: int) -> float:
        line = unit * (size // len(unit))
        start = time.process_time()
        lab.compare(text(line + "x"), text(line + "y"))
        return time.process_time() - start

    small = min(seconds(20_000) for _ in range(2))

    assert seconds(160_000) < max(24 * small, 0.5)


def test_a_megabyte_in_one_line_takes_about_a_second() -> None:
    """A single line as long as a large data frame's HTML is no trouble."""
    line = "<td>0.123456</td> took 1.5 s at 0x7f3a12345678; " * 22_000
    start = time.process_time()
    normalise_pair(line, "", NO_ROOTS, markup=True)

    assert len(line) > 1_000_000
    assert time.process_time() - start < 3.0


def test_no_normaliser_is_without_an_example() -> None:
    """Each name stands in the catalogue above, or in the tests of markup and terminals."""
    elsewhere = {"ansi", "svg-date"}

    assert {normaliser.name for normaliser in NORMALISERS} == {name for name, _a, _b in NOISE} | elsewhere


def test_a_runs_own_process_id_is_no_result() -> None:
    """Log lines bear it; another number stays, and so do ids too short to be told from one."""
    own = (Own(pid="17868"), Own(pid="17897"))
    assert normalise_pair("17868 fitted 5", "17897 fitted 5", own) == (
        "<pid> fitted 5",
        "<pid> fitted 5",
        ("process-id",),
    )
    assert normalise_pair("17897", "17868", own)[:2] == ("17897", "17868")
    assert normalise_pair("37", "38", (Own(pid="37"), Own(pid="38")))[:2] == ("37", "38")
