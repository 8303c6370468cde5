"""What people read: complete, in lines that fit, and never cut without a word."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_reprocheck.core.causes import CAUSES, cause
from pytest_reprocheck.core.conditions import FACTORS, FactorName
from pytest_reprocheck.core.findings import Audit, FactorReport
from pytest_reprocheck.core.trace import Place
from pytest_reprocheck.report.terminal import (
    cut,
    is_told,
    one_line,
    render_cause,
    render_causes,
    render_failure,
    render_headline,
    render_replay,
    render_summary,
)
from pytest_reprocheck.report.tracebacks import folded_traceback
from tests.report.audits import BROKEN, CHURN, HASH_ORDER, TRAIN, effect

PLAIN = dataclasses.replace(CHURN, parameters={})

FAILURE = """\
hash-order  cell[4]:2   cols = list(set(num) | set(cat))
  why     With the hash seed alone varied, exactly these differences come.
  reaches cell[6]:1 RandomForestClassifier.fit feature names: ordering only; 2
          of 5 columns moved
          A age, city   B city, age
          cell[7]:1 RandomForestClassifier.fit feature names: ordering only; 2
          of 5 columns moved
          A 0.861   B 0.857
  remedy  cols = sorted(set(num) | set(cat))  (tried: gone)
not compared: 1 variable at steps, which only help to locate (in the report)
  replay  reprocheck replay .reprocheck/last/churn.json"""


def with_finding(**values: object) -> Audit:
    return dataclasses.replace(PLAIN, findings=(dataclasses.replace(HASH_ORDER, **values),))  # type: ignore[arg-type]


def test_a_finding_is_told_in_full() -> None:
    """Cause, place, line, evidence, effects with both values, remedy, what was not compared, and how to replay it."""
    assert render_failure(PLAIN) == FAILURE


def test_headlines_count_what_was_confirmed() -> None:
    """Name, verdict, and confirmed beside unconfirmed findings."""
    guess = dataclasses.replace(HASH_ORDER, confirmed=False)
    remark = dataclasses.replace(HASH_ORDER, severity="warning")
    assert render_headline(PLAIN) == "churn.ipynb: nondeterministic (1 confirmed)"
    both = dataclasses.replace(PLAIN, findings=(HASH_ORDER, guess, remark))
    assert render_headline(both) == "churn.ipynb: nondeterministic (1 confirmed, 1 not confirmed, 1 warning)"
    assert render_headline(BROKEN) == "broken.ipynb: failed"
    assert render_headline(CHURN) == "churn.ipynb[beta=2, alpha=0.1]: nondeterministic (1 confirmed)"


def test_many_effects_are_folded_by_aspect() -> None:
    """The first ones of the log are shown, the others counted."""
    effects = tuple(effect(number, "predictions" if number % 3 else "outputs") for number in range(16))
    shown = render_failure(with_finding(effects=effects))
    assert "          and 12 more: 4 outputs, 8 predictions" in shown.splitlines()
    assert shown.count("2\n          of 5 columns moved") == 4


def test_a_fact_that_comes_again_is_shown_once() -> None:
    """A prediction in a loop leaves room for what follows from it."""
    again = dataclasses.replace(effect(1, "predictions"), note="in the next round")
    effects = (effect(1, "predictions"), again, again, again, effect(2, "outputs"))
    shown = render_failure(with_finding(effects=effects))
    assert "          and 3 more: 3 predictions" in shown.splitlines()
    assert "in the next round" not in shown


def test_long_values_are_cut_to_where_they_differ() -> None:
    """A common beginning that fills the line is left out, with a mark, and so is the end."""
    a, b = "column, " * 20 + "age, " + "x" * 90, "column, " * 20 + "city, " + "x" * 90
    lines = [line.strip() for line in render_failure(with_finding(effects=(effect(1, a=a, b=b),))).splitlines()]
    (first,) = (line for line in lines if line.startswith("A "))
    (second,) = (line for line in lines if line.startswith("B "))
    assert first.startswith("A ... ")
    assert "age, xxx" in first
    assert "city, xxx" in second
    assert first.endswith(" ...")


def test_values_that_look_alike_are_not_shown() -> None:
    """Where the short forms are the same, the note alone tells the difference."""
    same = "age, city, plan (1328 rows)"
    shown = render_failure(with_finding(effects=(effect(1, a=same, b=same),)))
    assert "ordering only" in shown
    assert same not in shown


def test_what_is_not_an_error_says_so() -> None:
    """Unconfirmed findings and warnings are marked, infos are counted."""
    assert render_failure(with_finding(confirmed=False)).startswith("hash-order  (not confirmed)  cell[4]:2")
    assert render_failure(with_finding(severity="warning")).startswith("hash-order  (warning)  cell[4]:2")
    assert "and 1 finding of severity info, in the report" in render_failure(with_finding(severity="info"))


def test_another_file_is_named() -> None:
    """A line that stands in a module of the subject's project has its path."""
    shown = render_failure(with_finding(location=Place(path="lib/features.py", line=7)))
    assert shown.startswith("hash-order  lib/features.py:7   cols")


def test_a_failed_subject_shows_reason_and_the_end_of_its_traceback() -> None:
    """Colours are removed, the beginning is counted."""
    lines = render_failure(BROKEN).splitlines()
    assert lines[0] == "NameError: name 'df' is not defined"
    assert lines[1] == "  ... 11 earlier lines are in the report"
    assert lines[2] == "  line 11"
    assert lines[-1] == "  NameError: name 'df' is not defined"
    assert not any("replay" in line for line in lines)


def test_an_inconclusive_reason_is_said_once() -> None:
    """The reason that is a finding's own message is not repeated above it."""
    audit = dataclasses.replace(PLAIN, verdict="inconclusive", reason=HASH_ORDER.message)
    assert render_failure(audit).count("exactly these differences") == 1


def test_paths_for_a_shell_are_quoted_and_functions_have_no_replay() -> None:
    """The printed command can be copied; a test function has none."""
    assert render_failure(CHURN).splitlines()[-1].startswith("  replay  reprocheck replay .reprocheck/last/churn-")
    assert "replay" not in render_failure(dataclasses.replace(PLAIN, kind="function"))


SUMMARY = """\
churn.ipynb   nondeterministic  5 runs 21 s   2/2 factors applied
train.py      reproducible      2 runs 9.0 s  1/2 factors applied
broken.ipynb  failed            2 runs 3.0 s
    NameError: name 'df' is not defined
could not be varied: hash (PYTHONHASHSEED is set in the script) in train.py
not varied: listing rows clock pid timezone locale cpus variables completion
  directory threads simd network"""


def test_the_summary_has_one_line_for_each_subject_and_says_what_was_not_varied() -> None:
    """Columns are aligned, what does not fit goes below."""
    assert render_summary([PLAIN, TRAIN, BROKEN]) == SUMMARY.splitlines()


def test_only_the_hardware_level_left_out_has_a_hint() -> None:
    """The flag that adds it is named; who chose single factors chose to leave the others out."""
    level = {factor.name: FactorReport(status="applied") for factor in FACTORS if factor.level == "default"}
    audit = dataclasses.replace(PLAIN, factors=level)
    assert render_summary([audit])[-1] == "not varied: threads simd network (--reprocheck-vary=hardware)"
    assert render_summary([audit], flag="--vary")[-1].endswith("(--vary=hardware)")


def test_a_name_longer_than_half_a_line_stays_whole() -> None:
    """It moves its own line only."""
    name = "notebooks/" + "very_" * 12 + "long.ipynb"
    lines = render_summary(
        [dataclasses.replace(TRAIN, path=name, factors={"seed": FactorReport(status="applied")}), PLAIN]
    )
    assert lines[0].startswith(f"{name}  reproducible")
    assert lines[1] == "    1/1 factor applied"


def test_a_replay_says_what_came_again() -> None:
    """All of it with the findings, or nothing with the reason."""
    assert render_replay(PLAIN, PLAIN).startswith("churn.ipynb: 1 of 1 finding came again (5 runs 21 s)\nhash-order")
    gone = dataclasses.replace(PLAIN, findings=(), verdict="reproducible", reason="1 of 1 findings did not come again")
    assert render_replay(PLAIN, gone).splitlines()[1] == "  1 of 1 findings did not come again"


@pytest.mark.parametrize("slug", [cause.slug for cause in CAUSES])
def test_every_cause_has_a_page(slug: str) -> None:
    """Example and remedy stand there unbroken, everything else fits the line."""
    page = render_cause(cause(slug))
    for line in (*cause(slug).example.splitlines(), *cause(slug).remedy.splitlines()):
        assert f"  {line}".rstrip() in page.splitlines()
    assert slug in render_causes(CAUSES)
    assert all(len(line) <= 80 for line in render_causes(CAUSES).splitlines())


@given(text=st.text(), width=st.integers(min_value=20, max_value=100))
def test_a_text_never_leaves_its_line(text: str, width: int) -> None:
    """Whatever a subject printed: one printable line, of the width asked for, with a mark where it was cut."""
    line = one_line(text)
    assert line.isprintable()
    assert len(cut(line, width)) <= width
    assert cut(line, width) == line or cut(line, width).endswith(" ...")


@given(text=st.text(min_size=1))
def test_hostile_text_breaks_no_report(text: str) -> None:
    """Control characters in any field of a finding neither raise nor reach the terminal."""
    finding = dataclasses.replace(
        HASH_ORDER, source=text, message=text, remedy=text, effects=(dataclasses.replace(effect(), a=text, what=text),)
    )
    audit = dataclasses.replace(PLAIN, reason=text, detail=text, findings=(finding,))
    for line in [*render_failure(audit).split("\n"), *render_summary([audit])]:
        assert line.isprintable()


def test_a_reason_that_stands_in_a_section_is_not_repeated() -> None:
    """The summary has it only where there is no section above."""
    assert any("NameError" in line for line in render_summary([BROKEN]))
    assert not any("NameError" in line for line in render_summary([BROKEN], told=is_told))


def test_reasons_of_factors_are_told_once() -> None:
    """For all subjects, for a few by name, for many by number; what failed had no factors to show."""
    missed: dict[FactorName, FactorReport] = {
        "rows": FactorReport(status="not-applicable", reason="no query"),
        "seed": FactorReport(status="applied"),
    }
    audits = [dataclasses.replace(TRAIN, path=f"s{number}.py", factors=missed) for number in range(4)]
    some = [dataclasses.replace(audits[3], factors={"seed": FactorReport(status="applied")})]
    broken = dataclasses.replace(BROKEN, factors=missed)

    assert render_summary([*audits, broken])[5] == "nothing to vary: rows (no query)"
    assert render_summary([*audits[:3], *some])[4] == "nothing to vary: rows (no query) in 3 of 4"
    assert render_summary([*audits[:1], *some])[2] == "nothing to vary: rows (no query) in s0.py"


def test_a_warning_of_a_subject_that_passes_is_told() -> None:
    """It has a section of its own, whose headline counts it."""
    audit = dataclasses.replace(with_finding(severity="warning"), verdict="reproducible")

    assert is_told(audit)
    assert not is_told(TRAIN)
    assert render_headline(audit) == "churn.ipynb: reproducible (1 warning)"
    assert "hash-order  (warning)  cell[4]:2" in render_failure(audit)


PLAIN_TRACEBACK = """\
Traceback (most recent call last):
  File "/home/ann/a/very/long/way/to/some/project/of/hers/that/goes/on/train.py", line 9, in <module>
    train(frame)
    ^^^^^^^^^^^^
  File "/x/lib/python3.12/site-packages/sklearn/base.py", line 1, in wrapper
    return fit_method(estimator)
  File "/x/lib/python3.12/site-packages/sklearn/linear_model/_base.py", line 2, in fit
    check(X)
  File "/x/lib/python3.12/json/decoder.py", line 3, in decode
    raise ValueError("no\\nnumber")
ValueError: no
number
"""
COLOURED_TRACEBACK = """\
\x1b[31m-----------------------\x1b[39m
\x1b[31mValueError\x1b[39m                Traceback (most recent call last)
\x1b[36mCell\x1b[39m\x1b[36m \x1b[39mIn[1], line 2
      1 import pandas
----> 2 pandas.read_csv(3)

File /x/lib/python3.12/site-packages/pandas/io/parsers.py:12, in read_csv(x)
     11 def read_csv(x):
---> 12     raise ValueError(x)

\x1b[31mValueError\x1b[39m: 3
"""


def test_a_traceback_shows_the_users_frames_and_counts_those_of_libraries() -> None:
    """As Python prints it: paths are cut from the left, so that file and line stay."""
    lines = render_failure(dataclasses.replace(BROKEN, detail=PLAIN_TRACEBACK)).splitlines()

    assert lines[1:] == [
        "  Traceback (most recent call last):",
        '    File ".../some/project/of/hers/that/goes/on/train.py", line 9, in <module>',
        "      train(frame)",
        "      ^^^^^^^^^^^^",
        "    ... 2 frames in sklearn",
        "    ... 1 frame in Python itself",
        "  ValueError: no",
        "  number",
    ]


def test_a_kernels_traceback_shows_the_cells_and_counts_frames_of_libraries() -> None:
    """As IPython prints it, with colours."""
    lines = render_failure(dataclasses.replace(BROKEN, detail=COLOURED_TRACEBACK)).splitlines()

    assert "  ----> 2 pandas.read_csv(3)" in lines
    assert "    ... 1 frame in pandas" in lines
    assert lines[-1] == "  ValueError: 3"
    assert not any("def read_csv" in line for line in lines)


@given(detail=st.text(alphabet='File "x/lib-python3.1site-packages:,\\n >[]', max_size=200))
def test_any_text_is_a_traceback(detail: str) -> None:
    """Nothing raises, and what is no frame of a library is kept."""
    kept = [line for line in folded_traceback(detail) if not line.startswith("  ... ")]
    assert set(kept) <= set(detail.expandtabs().splitlines())
