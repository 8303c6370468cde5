"""Every cause has a page, and cases that show it."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from benchmarks.marks import case_files
from benchmarks.pages import PAGES, audited, pages
from pytest_reprocheck.core.causes import CAUSES, DRIFT, cause

SLUGS = [each.slug for each in CAUSES]
ELSEWHERE = frozenset(
    {
        "dead-parameter",
        "seed-parameter",
        "hidden-state",
        "network",
        "gpu-kernel",
        "stale-output",
        "dependency-drift",
        "host-changed",
    }
)
"""Causes whose example needs another machine, other packages, or a notebook, so that its page shows no
report."""
WITHOUT_CASES = frozenset(
    {
        "dead-parameter",
        "seed-parameter",
        "thread-count",
        "cpu-dispatch",
        "network",
        "stale-output",
        *DRIFT,
    }
)
"""Causes that no case shows: not on every machine (``tests/test_hardware.py`` and ``tests/outside`` do), only a warning
(``tests/test_stored.py``), or only after a record was written (``tests/records``)."""
HEAVY = frozenset({"unseeded-estimator", "unseeded-torch", "unseeded-tensorflow", "thread-count", "cpu-dispatch"})
"""Causes whose example takes long to be audited."""


def test_the_pages_are_those_of_the_catalogue() -> None:
    """``python -m benchmarks.pages`` was run after the last change, and no page is left over."""
    written = {page.name: page.read_text(encoding="utf-8") for page in PAGES.glob("*.md")}
    assert written == pages()


@pytest.mark.parametrize("slug", SLUGS)
def test_a_page_says_everything(slug: str) -> None:
    """All sections are there, and the example's report names the cause at a line of the example."""
    headings = re.findall("^## (.+)$", pages()[f"{slug}.md"], re.MULTILINE)
    assert headings == ["What", "Why it matters", "Example", "Remedy", "Known limits"]
    found = re.search(rf"^{slug} .*example\.py:(\d+)", cause(slug).report, re.MULTILINE)
    assert (found is None) == (slug in ELSEWHERE)
    assert found is None or int(found[1]) <= len(cause(slug).example.splitlines())


@pytest.mark.parametrize(
    "slug", [pytest.param(each, marks=pytest.mark.slow if each in HEAVY else ()) for each in SLUGS]
)
def test_the_report_of_the_example_is_real(slug: str, tmp_path: Path) -> None:
    """An audit of the example prints it; numbers and values, which machines and days move, are left out."""
    if slug in ELSEWHERE:
        pytest.skip("its example needs another machine")
    if slug in ("unseeded-torch", "unseeded-tensorflow"):
        pytest.importorskip(slug.removeprefix("unseeded-"))
    shutil.rmtree(tmp_path / "parts", ignore_errors=True)
    printed = audited(cause(slug), tmp_path)
    if slug == "locale" and "reproducible" in printed:
        pytest.skip("no other locale is installed that sorts in another way")
    assert _told(printed) == _told(cause(slug).report)


def _told(report: str) -> list[str]:
    """The lines that name the cause, its line and the remedy."""
    lines = report.splitlines()
    return [line for line in lines if re.match(r"[a-z-]+ .*example\.py:\d|  remedy", line)]


@pytest.mark.parametrize("slug", [each for each in SLUGS if each not in WITHOUT_CASES])
def test_a_cause_has_faulty_and_clean_cases(slug: str) -> None:
    """At least one of each is marked with it."""
    cases = case_files()
    assert any(found.cause == slug for case in cases for found in case.expected)
    assert any(slug in case.traps for case in cases if not case.expected)


def test_marks_are_causes_of_the_catalogue() -> None:
    """No mark is misspelt; a faulty case has one at least, and nothing in it is marked as sound."""
    for case in case_files():
        assert {found.cause for found in case.expected} | case.traps <= set(SLUGS), case.path
        assert bool(case.expected) == case.path.startswith("faulty/"), case.path
        assert not (case.expected and case.traps), case.path
