"""An audit inside of an executed notebook."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from pytest_reprocheck.core.errors import DecodeError
from pytest_reprocheck.core.findings import Audit, Effect, FactorReport, Finding, Sameness
from pytest_reprocheck.core.trace import NotCompared, Place
from pytest_reprocheck.report.notebook import audit_metadata, findings_text, report_in

EFFECT = Effect(aspect="outputs", place="nb.ipynb cell[3]", what="stdout", sameness=Sameness.DIFFERENT, a="`1`", b="2")
FINDING = Finding(
    id="0123456789ab", cause="unseeded-numpy", severity="error", confirmed=False, aspects=("outputs",),
    location=Place(path="nb.ipynb", cell=2, line=1), source="x = rng.random()", effects=(EFFECT,) * 6,
    message="it draws <b>unseeded</b>", remedy="seed it\nso",
)  # fmt: skip
AUDIT = Audit(path="nb.ipynb", kind="notebook", verdict="nondeterministic", runs=2, findings=(FINDING,))


def test_findings_are_told_in_markdown() -> None:
    """Place, evidence, the first effects and the remedy; what they hold is no markup."""
    assert findings_text(AUDIT) == (
        "**reprocheck: nondeterministic (1 not confirmed)**\n\n"
        "- **unseeded-numpy** at cell\\[2\\]:1: `x = rng.random()`  \n"
        "  it draws \\<b\\>unseeded\\</b\\>  \n"
        + "  reaches cell\\[3\\] stdout: A `'1'` B `2`  \n"
        * 4
        + "  and 2 more  \n"
        "  remedy: `seed it`\n\n"
        "Nothing here is confirmed: A is this run, B another one, made before it. With `REPROCHECK_EXPLAIN=1` further "
        "runs tell the causes apart.\n"
    )


def test_a_sound_one_says_what_was_varied() -> None:
    """And what was not compared."""
    sound = Audit(
        path="nb.ipynb", kind="notebook", verdict="reproducible", runs=2,
        factors={"seed": FactorReport(status="applied"), "rows": FactorReport(status="not-applicable")},
        not_compared=(NotCompared(what="file *x*", reason="too long"), NotCompared(what="variable y", reason="z")),
    )  # fmt: skip
    assert findings_text(sound) == (
        "**reprocheck: reproducible**\n\n"
        "Run again with other values of seed, it gave the same.\n"
        "- not compared: file \\*x\\* (too long)\n"
    )


def test_a_reason_is_told_once() -> None:
    """Of a blocked one it is all there is."""
    blocked = replace(AUDIT, verdict="blocked", reason="needs a GPU", findings=())
    assert findings_text(blocked) == "**reprocheck: blocked**\n\nneeds a GPU\n"


def test_the_report_in_the_metadata_loads_back() -> None:
    """As long as there is one; a note says why there is none."""
    metadata = audit_metadata(AUDIT, tool_version="1.2")
    assert report_in(json.dumps({"cells": [], "metadata": {"reprocheck": metadata}})).subjects == (AUDIT,)
    for text, message in (
        ('{"metadata": {"reprocheck": {"note": "not audited: why"}}}', "metadata.reprocheck: not audited: why"),
        ('{"metadata": {}}', "is no notebook with a report. papermill --engine reprocheck writes one"),
        ("{", "is no notebook with a report"),
    ):
        with pytest.raises(DecodeError) as caught:
            report_in(text)
        assert message in str(caught.value)
