"""Every format: recognised, the same with itself, different where it differs, and still compared when it is broken."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest

from pytest_reprocheck.core.findings import Sameness
from pytest_reprocheck.core.values import Object
from pytest_reprocheck.execution.artifacts.content import of_file
from pytest_reprocheck.execution.artifacts.kinds import KINDS
from tests.execution.artifacts.bench import Bench
from tests.execution.artifacts.samples import EXACT, MAKERS

NAMES = sorted(MAKERS)


def test_every_kind_has_a_sample(tmp_path: Path) -> None:
    """A kind that no sample's content is first recognised as would be tested by nothing here."""
    found = set()
    for name in NAMES:
        with suppress(pytest.skip.Exception):  # its library is not here
            file = tmp_path / "file"
            file.write_bytes(MAKERS[name](2.25))
            content = of_file(name, file)
            found.add(next((kind.name for kind in KINDS if kind.recognises(content)), "bytes"))
    assert found == {"bytes", *(kind.name for kind in KINDS)}


@pytest.mark.parametrize("name", NAMES)
def test_a_format_is_recognised_and_the_same_with_itself(bench: Bench, name: str) -> None:
    """What is in it is read, and a second file with the same content is identical."""
    content = MAKERS[name](2.25)
    value = bench.read("a", name, content)
    assert (isinstance(value, Object) and value.type == "bytes") == (name == "unknown.bin")
    assert bench.compare(name, content, content) is None


@pytest.mark.parametrize("name", NAMES)
def test_another_number_is_a_difference(bench: Bench, name: str) -> None:
    """A number that changes beyond tolerance counts."""
    found = bench.compare(name, MAKERS[name](2.25), MAKERS[name](7.5))
    assert found is not None
    assert found.sameness is Sameness.DIFFERENT
    assert "another kind" not in found.note


@pytest.mark.parametrize("name", sorted(MAKERS.keys() - EXACT))
def test_float_noise_is_within_tolerance(bench: Bench, name: str) -> None:
    """A number that changes in its last digits does not count."""
    found = bench.compare(name, MAKERS[name](2.25), MAKERS[name](2.25 + 4e-16))
    assert found is None or found.sameness is Sameness.TOLERANCE


@pytest.mark.parametrize("name", NAMES)
def test_a_broken_file_is_compared_all_the_same(bench: Bench, name: str) -> None:
    """Cut off it is equal to itself and different from the whole one; nothing is raised."""
    whole = MAKERS[name](2.25)
    broken = whole[: len(whole) // 8]
    assert bench.compare(name, broken, broken) is None
    found = bench.compare(name, whole, broken)
    assert found is not None
    assert found.sameness is Sameness.DIFFERENT


@pytest.mark.parametrize("name", NAMES)
def test_an_empty_file_is_no_error(bench: Bench, name: str) -> None:
    """As a run leaves it that dies before it writes."""
    assert bench.compare(name, b"", b"") is None
    found = bench.compare(name, b"", MAKERS[name](2.25))
    assert found is not None
    assert found.sameness is Sameness.DIFFERENT
