"""Laws that hold for all values: reflexive, symmetric, and nothing equal that is not."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_reprocheck.compare.terminal import screen_lines
from pytest_reprocheck.core.values import Value
from tests.compare.values import Lab, items, mapping, scalar, text, thing

# Strategies are made before any fixture is.
LAB = Lab(blobs=Path(tempfile.mkdtemp(prefix="laws")))

PRINTED = st.text(alphabet="ab01.5s -[]{},'\"<>=:%|\r\b\n\x1b[2KAm", max_size=40)
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.sampled_from("abc"))
FLOATS = st.lists(st.floats(width=32), min_size=1, max_size=4)


def _lists(inner: st.SearchStrategy[Value]) -> st.SearchStrategy[Value]:
    return st.lists(inner, max_size=3).map(items)


def _mappings(inner: st.SearchStrategy[Value]) -> st.SearchStrategy[Value]:
    return st.dictionaries(st.sampled_from("xyz"), inner, max_size=3).map(mapping)


def _thing(fields: dict[str, Value]) -> Value:
    return thing("m.M", **{name: fields[name] for name in "xyz" if name in fields})  # type: ignore[arg-type]


def _things(inner: st.SearchStrategy[Value]) -> st.SearchStrategy[Value]:
    return st.dictionaries(st.sampled_from("xyz"), inner, max_size=3).map(_thing)


LEAVES: st.SearchStrategy[Value] = st.one_of(
    SCALARS.map(scalar),
    FLOATS.map(LAB.array),
    FLOATS.map(lambda column: LAB.table([("x", column)])),
    PRINTED.map(text),
    PRINTED.map(lambda content: text(content, "text/html")),
)
VALUES = st.recursive(LEAVES, lambda inner: st.one_of(_lists(inner), _mappings(inner), _things(inner)), max_leaves=6)


@pytest.fixture(scope="module", autouse=True)
def _tidy() -> Iterator[None]:
    yield
    shutil.rmtree(LAB.blobs)


@settings(max_examples=60, deadline=None)
@given(value=VALUES)
def test_a_value_does_not_differ_from_itself(value: Value) -> None:
    """Whatever it is made of."""
    assert LAB.compare(value, value) is None


@settings(max_examples=150, deadline=None)
@given(a=VALUES, b=VALUES)
def test_sides_do_not_matter(a: Value, b: Value) -> None:
    """A against B is as B against A, and no line is longer than a report has room for."""
    there, back = LAB.compare(a, b), LAB.compare(b, a)

    assert (there and there.sameness) == (back and back.sameness)
    assert there is None or max(len(there.a), len(there.b)) <= 80


@settings(max_examples=150, deadline=None)
@given(a=PRINTED, b=PRINTED)
def test_sides_do_not_matter_for_text(a: str, b: str) -> None:
    """Text alone, where most of the rules are."""
    assert LAB.judged(text(a), text(b))[0] == LAB.judged(text(b), text(a))[0]


@settings(max_examples=100, deadline=None)
@given(value=st.integers(-(10**6), 10**6), other=st.integers(-(10**6), 10**6))
def test_two_printed_integers_are_equal_only_if_they_are(value: int, other: int) -> None:
    """No normaliser and no tolerance hides an integer that stands alone."""
    assert (LAB.compare(text(f"n = {value}"), text(f"n = {other}")) is None) == (value == other)


@settings(max_examples=100, deadline=None)
@given(content=st.text(alphabet="ab \n.1", max_size=40))
def test_text_without_control_characters_is_shown_as_it_is(content: str) -> None:
    """But for blank lines at its end."""
    assert screen_lines(content) == content.rstrip("\n").split("\n") or not content.strip("\n")
