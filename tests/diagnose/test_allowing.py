"""Acceptances: where they may stand, what they cover, and what is wrong with them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_reprocheck.core.allowances import Accepted, Allowance
from pytest_reprocheck.core.findings import Finding
from pytest_reprocheck.core.sources import Unit
from pytest_reprocheck.core.trace import Place
from pytest_reprocheck.diagnose.allowing import Allowed, allow, allowances_in, causes_tried
from tests.report.audits import HASH_ORDER

ALL = frozenset({"hash-order", "clock"})


def at(line: int | None, *, path: str = "train.py", cell: int | None = None, cause: str = "hash-order") -> Finding:
    """A finding at a line."""
    return replace(HASH_ORDER, cause=cause, location=Place(path=path, cell=cell, line=line))


def judge(text: str, finding: Finding, tags: tuple[str, ...] = ()) -> Allowed:
    """What acceptances in a text make of one finding in it."""
    unit = Unit(path="train.py", cell=finding.location.cell, text=text, tags=tags)
    return allow([finding], allowances_in([unit]), [], subject="train.py", tried=ALL)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("cols = list(s)  # reprocheck: allow[hash-order] shuffled later", 1),
        ("cols = list(s)  #reprocheck:allow[clock, hash-order] shuffled later", 1),
        ("cols = list(  # reprocheck: allow[hash-order] shuffled later\n    s\n)", 2),
        ("cols = list(\n    s\n)  # reprocheck: allow[hash-order] shuffled later", 1),
        ("def f():\n    for c in s:  # reprocheck: allow[hash-order] shuffled later\n        use(c)", 2),
        ("with open(p) as f:\n    x = list(s)  # reprocheck: allow[hash-order] shuffled later", 2),
        ("@cached\ndef f(\n    a,  # reprocheck: allow[hash-order] shuffled later\n):\n    pass", 1),
    ],
)
def test_a_comment_accepts_its_statement(text: str, line: int) -> None:
    """On any of its lines; the reason and the place are told."""
    found = judge(text, at(line))
    assert found.findings[0].severity == "info"
    assert found.findings[0].allowed.startswith("shuffled later (train.py:")
    assert found.remarks == ()


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("# reprocheck: allow[hash-order] the line above is no part\ncols = list(s)", 2),
        ("for c in s:  # reprocheck: allow[hash-order] the head alone\n    cols = list(t)", 2),
        ("cols = list(s)  # reprocheck: allow[clock] another cause", 1),
        ('text = "# reprocheck: allow[hash-order] no comment"\n', 1),
    ],
)
def test_a_comment_accepts_nothing_else(text: str, line: int) -> None:
    """Not the next statement, not the body, not another cause; text in quotes is none."""
    assert judge(text, at(line)).findings[0].severity == "error"


def test_a_cell_with_magics_has_comments_too() -> None:
    """Lines that are no Python do not hide the others."""
    text = "%matplotlib inline\n!ls 'x\ncols = list(s)  # reprocheck: allow[hash-order] known"
    assert judge(text, at(3, cell=4)).findings[0].allowed == "known (train.py cell[4]:3)"


def test_a_tag_accepts_a_cause_in_its_cell() -> None:
    """Without a reason, for which a tag has no room."""
    found = judge("cols = list(s)", at(1, cell=4), tags=("reprocheck-allow-hash-order",))
    assert found.findings[0].severity == "info"
    assert found.remarks == ()
    other = allow(
        [at(1, cell=5)], allowances_in([Unit(path="train.py", cell=4, text="", tags=())]), [], subject="", tried=()
    )
    assert other.findings[0].severity == "error"


def test_a_finding_of_a_whole_cell_is_accepted_anywhere_in_it() -> None:
    """It has no statement."""
    assert judge("a = 1\nb = 2  # reprocheck: allow[hash-order] known", at(None, cell=1)).findings[0].allowed


@pytest.mark.parametrize(
    ("text", "remark"),
    [
        (
            "x = 1  # reprocheck: allow[hash-order] why",
            "train.py:1: allows hash-order, and there is no such finding: remove it",
        ),
        ("x = 1  # reprocheck: allow[hash-ordr] why", "Did you mean 'hash-order'?"),
        ("x = 1  # reprocheck: ignore", "is not understood. Write '# reprocheck: allow[CAUSE] the reason'"),
        ("x = 1  # reprocheck: allow[] why", "is not understood"),
        ("x = 1\ncols = list(s)  # reprocheck: allow[hash-order]", "train.py:2: allows hash-order without a reason"),
    ],
)
def test_what_is_wrong_is_reported(text: str, remark: str) -> None:
    """Located, with what to do."""
    told = judge(text, at(2)).remarks
    assert len(told) == 1
    assert remark in told[0]


def test_what_this_audit_could_not_find_is_not_unused() -> None:
    """A cause whose factor was not varied may be there all the same."""
    unit = Unit(path="train.py", cell=None, text="x = 1  # reprocheck: allow[thread-count] why")
    assert allow([], allowances_in([unit]), [], subject="train.py", tried=causes_tried(["seed", "hash"])).remarks == ()
    assert allow([], allowances_in([unit]), [], subject="train.py", tried=causes_tried(["threads"])).remarks != ()


def test_the_configuration_accepts_by_path_of_subject_or_file() -> None:
    """Of a helper's finding, both."""
    finding = at(3, path="lib/helper.py")
    for pattern, covered in (("train.py", True), ("lib/*.py", True), ("**", True), ("other/**", False)):
        allowance = Allowance(where="pyproject.toml", causes=("hash-order",), reason="known", pattern=pattern)
        found = allow([finding], [allowance], [], subject="train.py", tried=ALL)
        assert (found.findings[0].severity == "info") is covered


def accepted(**changes: object) -> Accepted:
    """The baseline's entry for the finding."""
    entry = Accepted(subject="train.py", finding=HASH_ORDER.id, cause="hash-order", path="train.py", source="x = 1")
    return replace(entry, **changes)  # type: ignore[arg-type]


def test_an_entry_of_the_baseline_accepts_one_finding() -> None:
    """The same line a second time is new."""
    found = allow([at(1), at(9)], [], [accepted()], subject="train.py", tried=ALL)
    assert [finding.severity for finding in found.findings] == ["info", "error"]
    assert found.findings[0].allowed == "known before (baseline)"


def test_fixed_and_expired_entries_are_said() -> None:
    """Expired ones accept nothing; fixed ones are told where their cause could have been found."""
    over = allow([at(1)], [], [accepted(until="2026-01-31", expired=True)], subject="train.py", tried=ALL)
    assert over.findings[0].severity == "error"
    assert over.remarks == ("accepted until 2026-01-31, which is over: hash-order in train.py: x = 1",)
    assert allow([], [], [accepted()], subject="train.py", tried=ALL).remarks == (
        "fixed since the baseline: hash-order in train.py: x = 1",
    )
    assert allow([], [], [accepted()], subject="train.py", tried=()).remarks == ()
