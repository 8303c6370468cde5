"""Findings of the corpora are judged, and the pages about them show what was judged."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from benchmarks.corpora import DOCS, complaints
from benchmarks.corpora_page import corpora_page
from benchmarks.judgements import Judgement, Judgements, read_judgements
from benchmarks.results import Result, load_all, store
from pytest_reprocheck.core.findings import Audit, Finding, Verdict
from pytest_reprocheck.core.trace import Place

NAME = "scikit-learn/svm/plot_a.py"


def result(*lines: int) -> Result:
    """An example with a finding at each of the lines."""
    findings = tuple(
        Finding(
            id=str(line),
            cause="unseeded-numpy",
            severity="error",
            confirmed=True,
            aspects=("outputs",),
            location=Place(path="svm/plot_a.py", line=line),
            source="np.random.rand()",
            effects=(),
            message="",
        )
        for line in lines
    )
    verdict: Verdict = "nondeterministic" if lines else "reproducible"
    audit = Audit(path="svm/plot_a.py", kind="script", verdict=verdict, runs=4 if lines else 2, findings=findings)
    return Result(name=NAME, level="default", date="2026-11-21", cpu=60.0, audit=audit)


def judgement(line: int, *, right: bool = True) -> Judgement:
    """What is said of the finding at a line."""
    return Judgement(example=NAME, cause="unseeded-numpy", place=f"line {line}", right=right, why="it draws anew")


def test_a_rerun_says_what_has_to_be_looked_at() -> None:
    """New findings, wrong ones, and right ones that have gone; nothing of what was judged right and is still found."""
    judgements = Judgements(finding=(judgement(3), judgement(5, right=False), judgement(9)))
    assert list(complaints([result(3, 5, 7)], judgements)) == [
        f"wrong: {NAME}  unseeded-numpy  line 5: it draws anew",
        f"not judged: {NAME}  unseeded-numpy  line 7",
        f"gone: {NAME}  unseeded-numpy  line 9",
    ]
    assert not list(complaints([], judgements)), "what was not run has not gone"


def test_the_page_counts_what_was_judged() -> None:
    """Precision is of the findings that were judged; each stands there with its judgement."""
    page = corpora_page([result(3, 5)], [], Judgements(finding=(judgement(3), judgement(5, right=False))))
    assert "| judged right | 1 | 0 | 1 |" in page
    assert "| precision | 0.50 | - | 0.50 |" in page
    assert "line 5: `np.random.rand()` | **wrong**: it draws anew |" in page


def test_results_are_read_as_they_were_written(tmp_path: Path) -> None:
    """An interrupted benchmark goes on from them."""
    store(tmp_path, result(3))
    store(tmp_path, Result(name="statsmodels/b.ipynb", level="default", left_out="downloads: get_rdataset"))
    assert load_all(tmp_path, "default") == [result(3), load_all(tmp_path, "default")[1]]
    assert not load_all(tmp_path, "hardware")


def test_a_finding_is_judged_once(tmp_path: Path) -> None:
    """Two judgements of one finding are told."""
    file = tmp_path / "judged.toml"
    entry = f'[[finding]]\nexample = "{NAME}"\ncause = "clock"\nplace = "line 1"\nright = true\nwhy = "timed"\n'
    file.write_text(entry)
    assert len(read_judgements(file).finding) == 1
    file.write_text(entry * 2)
    with pytest.raises(ValueError, match="judged twice"):
        read_judgements(file)


def test_the_pages_are_of_the_file_of_judgements() -> None:
    """The gallery shows findings that were judged right, each judgement stands on its page."""
    judgements = read_judgements()
    right = {item.key for item in judgements.finding if item.right}
    corpora, gallery = ((DOCS / name).read_text(encoding="utf-8") for name in ("corpora.md", "gallery.md"))
    assert [entry.title for entry in judgements.gallery] == re.findall(r"^## \d+\. (.+)$", gallery, re.MULTILINE)
    assert {(entry.example, entry.cause, entry.place) for entry in judgements.gallery} <= right
    assert [item.key for item in judgements.finding if item.why not in corpora] == []
