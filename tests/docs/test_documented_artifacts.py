"""What the page on written files says of names and sizes."""

from __future__ import annotations

from pytest_reprocheck.execution.artifacts import content, finding, observing
from tests.docs.pages import read

PAGE = "docs/artifacts.md"


def test_folders_that_are_left_out_are_named() -> None:
    """Each of the code's, and no other."""
    listed = read(PAGE).partition("no results: folders ")[2].partition("; environments")[0]
    assert set(listed.replace("`", "").split()) == finding.LEFT_OUT_FOLDERS


def test_files_that_are_left_out_are_named() -> None:
    """Each pattern of the page leaves a file out."""
    listed = read(PAGE).partition("; files ")[2].partition("; what")[0]
    for pattern in listed.replace("`", "").split():
        assert not finding.is_result(pattern.replace("*", "some")), pattern


def test_sizes_are_those_of_the_code() -> None:
    """The page's numbers are the constants."""
    page = " ".join(read(PAGE).split())
    assert f"above {content.DETAIL_LIMIT >> 20} MiB, nested too deep" in page
    assert content.MOST_DEPTH == 4
    assert "Archives in archives are opened four deep" in page
    files, detailed, size = observing.MOST_FILES, observing.MOST_DETAILED, observing.MOST_BYTES >> 30
    assert (
        f"{files:,} files are compared, {detailed:,} of them by what is in them, and {size} GiB are looked at" in page
    )
