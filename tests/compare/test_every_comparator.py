"""What holds for every comparator of the table: one without samples fails here."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_reprocheck.compare.comparators import COMPARATORS
from pytest_reprocheck.compare.judging import Context
from pytest_reprocheck.compare.unknown import unknown_parts
from pytest_reprocheck.core.tolerance import Tolerance
from pytest_reprocheck.core.values import Value
from tests.compare.every import SAMPLES, Sample
from tests.compare.values import Lab, own_of, scalar

NAMES = [comparator.name for comparator in COMPARATORS]
# Strategies are made before any fixture is.
DRAWN = Lab(blobs=Path(tempfile.mkdtemp(prefix="every")))


@pytest.fixture(scope="module", autouse=True)
def _tidy() -> Iterator[None]:
    yield
    shutil.rmtree(DRAWN.blobs)


def chosen(lab: Lab, sample: Sample, a: Value, b: Value) -> str:
    """The name of the comparator that takes both values."""
    own, tolerance = own_of(""), Tolerance()
    context = Context(
        a_blobs=lab.blobs,
        b_blobs=lab.blobs,
        a_own=own,
        b_own=own,
        tolerance=tolerance,
        aspect=sample.aspect,
        what=sample.what,
        rules=(),
    )
    return next((each.name for each in COMPARATORS if each.recognises(a, b, context)), "")


def test_every_comparator_has_samples() -> None:
    """And no sample is left of one that went."""
    assert sorted(SAMPLES) == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_it_recognises_its_own(name: str, lab: Lab) -> None:
    """Both sides of an expected difference, and not one of them beside a number."""
    sample = SAMPLES[name]
    for a, b, _sameness, _told in sample.differing(lab):
        assert chosen(lab, sample, a, b) == chosen(lab, sample, b, a) == name
        assert chosen(lab, sample, a, scalar(1)) != name or name in ("scalar", "unknown")


@pytest.mark.parametrize("name", NAMES)
def test_the_same_is_the_same_with_itself(name: str, lab: Lab) -> None:
    """Nothing is said of it, but for what is not known at all."""
    sample = SAMPLES[name]
    for a, _b, _sameness, _told in sample.differing(lab):
        found = lab.compare(a, a, aspect=sample.aspect, what=sample.what)
        assert found is None or (found.sameness.value == "identical" and unknown_parts(a))


@pytest.mark.parametrize("name", NAMES)
def test_differences_are_as_expected(name: str, lab: Lab) -> None:
    """How much two values have in common, and what is said of it, whichever comes first."""
    sample = SAMPLES[name]
    for a, b, sameness, told in sample.differing(lab):
        for left, right in ((a, b), (b, a)):
            found = lab.compare(left, right, aspect=sample.aspect, what=sample.what)
            assert found is not None
            assert found.sameness.value == sameness
            assert told in f"{found.note} {found.a} {found.b}" or left is b


@pytest.mark.parametrize("name", NAMES)
def test_a_missing_or_broken_counterpart_is_no_equal(name: str, lab: Lab) -> None:
    """It differs, whichever side it is on; of what is not known at all it is said that it was not compared."""
    sample = SAMPLES[name]
    pairs = sample.broken(lab)
    assert pairs or name == "unknown"
    for a, b in [*pairs, *((b, a) for a, b in pairs)]:
        found = lab.compare(a, b, aspect=sample.aspect, what=sample.what)
        assert found is not None
        assert found.sameness.counts or found.not_compared


@pytest.mark.parametrize("name", NAMES)
def test_hostile_values_are_compared_all_the_same(name: str, lab: Lab) -> None:
    """Slow, deep, huge and broken ones: no error, a line that fits and can be printed, and a difference."""
    sample = SAMPLES[name]
    pairs = sample.hostile(lab)
    assert pairs or name == "unknown"
    for a, b in [*pairs, *((b, a) for a, b in pairs)]:
        found = lab.compare(a, b, aspect=sample.aspect, what=sample.what)
        assert found is not None
        assert found.sameness.counts
        for shown in (found.a, found.b, found.note):
            shown.encode()
            assert "\x1b" not in shown
        assert max(len(found.a), len(found.b)) <= 80


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_laws_hold(name: str, data: st.DataObject) -> None:
    """Reflexive, the same both ways round, and the same again; identical without a word only for equal digests."""
    sample = SAMPLES[name]
    values = sample.drawn(DRAWN)
    a, b = data.draw(values), data.draw(values)
    there, back = (DRAWN.compare(*pair, aspect=sample.aspect, what=sample.what) for pair in ((a, b), (b, a)))

    assert DRAWN.compare(a, a, aspect=sample.aspect, what=sample.what) is None or unknown_parts(a)
    assert (there and there.sameness) == (back and back.sameness)
    assert there == DRAWN.compare(a, b, aspect=sample.aspect, what=sample.what)
    assert there is not None or a.digest == b.digest
