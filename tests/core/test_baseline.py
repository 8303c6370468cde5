"""The baseline's file: written, read, brought up to date, and refused when it is none."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace

import pytest

from pytest_reprocheck.core.allowances import Accepted
from pytest_reprocheck.core.baseline import baseline_text, parse_baseline, updated
from pytest_reprocheck.core.errors import DecodeError
from tests.mutating import mutants, names, refused
from tests.report.audits import CHURN, HASH_ORDER, TRAIN

TODAY = dt.date(2026, 11, 21)
ENTRY = Accepted(
    subject="z.py", finding="f", cause="clock", path="z.py", source="now()", reason="known", until="2026-11-21"
)


def test_it_is_sorted_and_reads_back() -> None:
    """Whatever the order it is given in; the last day still counts."""
    first = replace(ENTRY, subject="a.py", reason="", until="")
    text = baseline_text([ENTRY, first])
    assert text == baseline_text([first, ENTRY])
    assert parse_baseline(text, TODAY) == (first, ENTRY)
    assert parse_baseline(text, TODAY + dt.timedelta(days=1)) == (first, replace(ENTRY, expired=True))


@pytest.mark.parametrize(
    ("text", "where", "words"),
    [
        ("{", "line 1 column 2", "is not JSON"),
        ("<<<<<<< ours\n{}", "line 1 column 1", "Resolve the merge conflict"),
        ("[]", "$", "is no baseline"),
        ('{"format": "reprocheck-baseline", "version": 2, "findings": []}', "$.version", "version 2 is unknown"),
        ('{"format": "reprocheck-baseline", "version": 1, "findings": [{"subject": 3}]}', "$.findings[0]", ""),
        (baseline_text([replace(ENTRY, until="soon")]), "$.findings[0].until", "got 'soon'"),
    ],
)
def test_what_is_no_baseline_is_refused(text: str, where: str, words: str) -> None:
    """With the place."""
    with pytest.raises(DecodeError) as caught:
        parse_baseline(text, TODAY)
    assert caught.value.where.startswith(where)
    assert words in str(caught.value)


def test_every_wrong_piece_is_told_with_its_place() -> None:
    """Or the file accepts something all the same."""
    errors = 0
    for path, data in mutants(json.loads(baseline_text([ENTRY]))):
        found = refused(parse_baseline, json.dumps(data), TODAY)
        if isinstance(found, DecodeError):
            errors += 1
            assert names(found, path)
        else:
            assert all(isinstance(each, Accepted) for each in found)
    assert errors > 50
    with pytest.raises(DecodeError, match="is not JSON"):
        parse_baseline("[" * 100_000, TODAY)


def test_an_update_keeps_what_was_not_audited_and_what_still_holds() -> None:
    """Reasons and days stay; what is new comes in, what is fixed goes out."""
    name = CHURN.name
    kept = Accepted(
        subject=name, finding=HASH_ORDER.id, cause="hash-order", path="churn.ipynb", source="x", reason="later"
    )
    fixed = replace(kept, finding="gone")
    known = replace(HASH_ORDER, severity="info", allowed="later (baseline)")
    new = replace(HASH_ORDER, id="new")
    again = replace(CHURN, findings=(known, new))
    result = updated([ENTRY, kept, fixed], [again, TRAIN])
    assert [each.finding for each in result] == ["f", HASH_ORDER.id, "new"]
    assert result[1] == kept


def test_an_audit_without_a_result_changes_nothing() -> None:
    """What could not run is not fixed."""
    kept = Accepted(subject=CHURN.name, finding="x", cause="clock", path="churn.ipynb", source="now()")
    assert updated([kept], [replace(CHURN, verdict="failed", findings=())]) == (kept,)


def test_an_expired_entry_is_accepted_anew() -> None:
    """By the update that finds it again, without a day."""
    over = Accepted(
        subject=CHURN.name,
        finding=HASH_ORDER.id,
        cause="hash-order",
        path="c",
        source="x",
        until="2026-01-01",
        expired=True,
    )
    assert updated([over], [CHURN]) == (replace(over, until="", expired=False),)
