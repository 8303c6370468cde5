"""Fields that mean nothing go, whatever may be a result stays, and no text takes long."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_reprocheck.compare.alignment import compare_traces
from pytest_reprocheck.compare.fields import NORMALISERS
from pytest_reprocheck.compare.normalise import Own, apply_rules, normalise_pair
from pytest_reprocheck.core.rules import FieldRule
from pytest_reprocheck.core.tolerance import Tolerance
from tests.compare import logs
from tests.compare.values import Lab, observation, own_of, scalar, text, trace

NO_ROOTS = (Own(), Own())

NOISE = [
    ("address", "<M object at 0x7f3a12345678>", "<M object at 0x7fdeadbeef00>"),
    ("address", "<function f at 0x104b5c0d0>", "<function f at 0x104b5c0e8>"),
    ("address", "ptr 0x55d0c0ffee00", "ptr 0x55d0c0ffee99"),
    ("duration", "took 1.23 s", "took 45.6 s"),
    ("duration", "took 12.3 ms", "took 4 µs"),
    ("duration", "took 9.08 milliseconds", "took 289.86 milliseconds"),
    ("duration", "in 120 microseconds", "in 1 microsecond"),
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
    ("cache-notice", "Matplotlib is building the font cache; this may take a moment.\nok", "ok"),
    ("fit-times", "{'fit_time': array([0.001, 0.002])}", "{'fit_time': array([0.003,\n 0.004])}"),
    ("ipykernel-path", "/tmp/ipykernel_123/456.py:3: W", "/tmp/ipykernel_9/77.py:3: W"),
    ("log-time", "2026-01-02 03:04:05,678 INFO go", "2026-01-02 03:04:06,001 INFO go"),
    ("summary-time", "Time:              06:00:19   BIC 1", "Time:              06:00:22   BIC 1"),
    ("summary-time", "Date:    Sat, 21 Nov 2026  R2", "Date:    Sun, 22 Nov 2026  R2"),
    ("summary-time", "<th>\nTime:\n</th>\n<td>\n06:00:19\n</td>", "<th>\nTime:\n</th>\n<td>\n06:00:22\n</td>"),
    ("summary-time", "<td>\nDate:\n</td>\n<td>\n2026-11-21 15:22\n", "<td>\nDate:\n</td>\n<td>\n2026-11-22 03:59\n"),
    ("summary-time", r"\textbf{Time:} & 06:00:19 & \textbf{BIC:}", r"\textbf{Time:} & 06:00:22 & \textbf{BIC:}"),
    ("summary-time", r"\textbf{Date:} & Sat, 21 Nov 2026 & a \\", r"\textbf{Date:} & Sun, 22 Nov 2026 & a \\"),
    ("summary-time", r"Date:   & 2026-11-21 15:22 & BIC: & 1", r"Date:   & 2026-11-22 03:59 & BIC: & 1"),
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


@pytest.mark.parametrize(("name", "a", "b"), logs.NOISE.values(), ids=logs.NOISE)
def test_a_sound_programs_log_is_the_same_in_two_runs(name: str, a: str, b: str, lab: Lab) -> None:
    """Its line as a library writes it is equal in the report, and the note has the normaliser's name."""
    assert lab.judged(text(a), text(b))[0] == "equal after normalisers"
    assert name in lab.judged(text(a), text(b))[1].split(", ")


@pytest.mark.parametrize(("a", "b"), logs.RESULTS.values(), ids=logs.RESULTS)
def test_a_result_in_a_log_is_none_of_its_noise(a: str, b: str, lab: Lab) -> None:
    """What the program computed still differs, whatever stands beside it."""
    assert lab.judged(text(a), text(b))[0] == "different"


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

    assert {normaliser.name for normaliser in NORMALISERS} == (
        {name for name, _a, _b in (*NOISE, *logs.NOISE.values())} | elsewhere
    )


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


def test_home_and_host_are_noise_where_they_differ() -> None:
    """Two machines have others; where both are the same nothing is replaced, as the words may mean something."""
    a, b = Own(home="/home/ann", host="node-1"), Own(home="/home/bob", host="node-2")

    assert normalise_pair("/home/ann/x on node-1", "/home/bob/x on node-2", (a, b)) == (
        "<home>/x on <host>",
        "<home>/x on <host>",
        ("home", "host"),
    )
    assert normalise_pair("node-1", "node-2", (a, a))[:2] == ("node-1", "node-2")


FIELDS = st.one_of(
    st.floats(0.01, 999).map(lambda seconds: f"in {seconds:.2f} s"),
    st.integers(0x7F0000000000, 0x7FFFFFFFFFFF).map(lambda place: f"<M object at {place:#x}>"),
    st.tuples(st.integers(0, 59), st.integers(0, 59)).map(lambda clock: f"elapsed: 0:{clock[0]:02}:{clock[1]:02}"),
    st.integers(1, 9999).map(lambda rate: f"[00:12<00:30, {rate}it/s]"),
    st.integers(1000, 99999).map(lambda pid: f"pid={pid}"),
)
WORDS = st.sampled_from(["auc", "loss", "f1", "n", "label", "score", "rmse of"])
VALUES = st.one_of(st.integers(0, 999).map(str), st.floats(0, 1).map("{:.4f}".format), st.sampled_from(["yes", "no"]))


@settings(max_examples=200, deadline=None)
@given(word=WORDS, values=st.tuples(VALUES, VALUES), noise=st.lists(st.tuples(FIELDS, FIELDS), min_size=1, max_size=3))
def test_noise_never_hides_a_result_beside_it(word: str, values: tuple[str, str], noise: list[tuple[str, str]]) -> None:
    """Two lines with any noise become equal exactly when their results are."""
    a, b = (f"{word} {values[side]} {' '.join(pair[0] for pair in noise)}" for side in (0, 1))
    left, right, _names = normalise_pair(a, b, NO_ROOTS)

    assert (left == right) == (values[0] == values[1])


@settings(max_examples=100, deadline=None)
@given(first=FIELDS, second=FIELDS, word=WORDS, value=VALUES)
def test_a_field_has_one_placeholder_whatever_its_value(first: str, second: str, word: str, value: str) -> None:
    """Two fields of one form leave the same text, and what stands around them stays."""
    for field in (first, second):
        shown, _same, _names = normalise_pair(f"{word} {value} {field}", "", NO_ROOTS)
        assert shown.startswith(f"{word} {value} ")
        assert normalise_pair(shown, "", NO_ROOTS)[0] == shown


@settings(max_examples=200, deadline=None)
@given(content=st.text(max_size=60))
def test_hostile_text_is_normalised_without_an_error(content: str) -> None:
    """Whatever a program prints, and once more what came of it."""
    left, right, _names = normalise_pair(content, content, NO_ROOTS, markup=True)

    assert left == right


RUN = FieldRule(name="run-name", pattern=r"run-\w+", replace="run", aspects=("outputs", "data"))


@pytest.mark.parametrize("mime", ["text/plain", "text/html"])
def test_a_users_normaliser_is_named_and_hides_nothing_else(mime: str, lab: Lab) -> None:
    """In printed text and in markup; where it does not match, or beside it, texts differ as before."""
    line = "<p id='{}'>auc {}</p>" if mime == "text/html" else "{} auc {}"
    a, b, c = (text(line.format(*fields), mime) for fields in (("run-ab", 1), ("run-cd", 1), ("run-cd", 2)))

    assert lab.judged(a, b)[0] == "different"
    assert lab.judged(a, b, rules=(RUN,)) == ("equal after normalisers", "run-name")
    assert lab.judged(a, c, rules=(RUN,))[0] == "different"
    assert lab.judged(a, a, rules=(RUN,))[0] == "identical"


def test_a_users_normaliser_reaches_strings_in_data(lab: Lab) -> None:
    """Single ones, arrays and columns."""
    a, b = ["run-ab", "x"], ["run-cd", "x"]

    for left, right in (
        (scalar(a[0]), scalar(b[0])),
        (lab.array(a), lab.array(b)),
        (lab.objects(a), lab.objects(b)),
        (lab.table([("name", a)]), lab.table([("name", b)])),
    ):
        assert lab.judged(left, right, rules=(RUN,)) == ("equal after normalisers", "run-name")
        assert lab.judged(left, right)[0] == "different"


def test_a_users_normaliser_applies_to_its_aspects_alone() -> None:
    """The same text as features still differs."""
    for aspect, sameness in (("outputs", "equal after normalisers"), ("features", "different")):
        a, b = (trace(observation(1, text(name), aspect=aspect)) for name in ("run-ab", "run-cd"))  # type: ignore[arg-type]
        (found,) = compare_traces(a, b, tolerance=Tolerance(), rules=(RUN,)).differences
        assert found.sameness.value == sameness


def test_groups_and_order_are_as_re_sub_has_them() -> None:
    """What one rule leaves is what the next one sees."""
    rules = [
        FieldRule(name="first", pattern=r"(\w)=\d+", replace=r"\1=N"),
        FieldRule(name="second", pattern="x=N", replace=""),
    ]
    assert apply_rules("x=1 y=2", "x=3 y=2", rules) == (" y=N", " y=N", ("first",))
