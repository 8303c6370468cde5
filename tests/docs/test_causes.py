"""Every cause has a page, and cases that show it."""

from __future__ import annotations

import ast
import json
import re
import shutil
from pathlib import Path

import pytest

from benchmarks.marks import CaseFile, case_files
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
        *DRIFT,
    }
)
"""Causes that no case shows: only with several sets of parameters (``tests/test_parameters.py``), or after a record was
written (``tests/records``)."""
NO_FUNCTION = frozenset({"gpu-kernel", "hidden-state", "stale-output", "unexplained"})
"""Causes that are told where results begin to differ, those of notebooks alone, and what is no cause."""
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


@pytest.mark.parametrize("slug", [each for each in SLUGS if each not in WITHOUT_CASES | {"unexplained"}])
def test_a_cause_has_cases_of_each_shape(slug: str) -> None:
    """Three faulty ones at least: a notebook, a line inside of a function, one in a module that the subject imports."""
    found = [(case, each) for case in case_files() for each in case.expected if each.cause == slug]
    assert len({case.path for case, _found in found}) >= 3
    assert any(case.is_notebook for case, _found in found)
    if slug not in NO_FUNCTION:
        assert any(_is_in_function(case, each.place) for case, each in found)
        assert any(not each.place.startswith(case.path) for case, each in found)


def _is_in_function(case: CaseFile, place: str) -> bool:
    path, _, rest = place.partition(".ipynb cell[") if ".ipynb" in place else place.partition(":")
    if place.startswith(f"{path}.ipynb"):
        index, _, line = rest.partition("]:")
        cells = json.loads((case.root / f"{path}.ipynb").read_text(encoding="utf-8"))["cells"]
        text, number = "".join(cells[int(index)]["source"]), int(line)
    else:
        text, number = (case.root / path).read_text(encoding="utf-8"), int(rest)
    plain = "\n".join("pass" if line.lstrip().startswith(("%", "!")) else line for line in text.splitlines())
    functions = [
        node for node in ast.walk(ast.parse(plain)) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    ]
    return any(each.lineno < number <= (each.end_lineno or 0) for each in functions)


def test_marks_are_causes_of_the_catalogue() -> None:
    """No mark is misspelt; a faulty case has one at least, and nothing in it is marked as sound."""
    for case in case_files():
        assert {found.cause for found in case.expected} | case.traps <= set(SLUGS), case.path
        assert bool(case.expected) == case.path.startswith("faulty/"), case.path
        assert not (case.expected and case.traps), case.path
