"""Laws that hold for all values: reflexive, symmetric, and nothing equal that is not."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_reprocheck.compare.terminal import screen_lines
from pytest_reprocheck.core.values import Value
from tests.compare.values import Lab, display, items, mapping, scalar, text, thing

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


JSONS = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.sampled_from(("a", "1.5 s", "0x7f0123456789"))),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from("xyz"), inner, max_size=3)),
    max_leaves=8,
)
MARKUP = st.lists(
    st.sampled_from(
        ["<table>", "</table>", "<tr>", "<th>", "<td rowspan=2>", "<td>", "1.5", "2", "b", '<g id="a">', "#a",
         "<script>", '{"x": [1, 2.5]}', "</script>", "<metadata>", "</metadata>", "<!-- -->", '<path d="1.0"/>', "(",
         "\n"]
    ),
    max_size=14,
).map("".join)  # fmt: skip
SENT: st.SearchStrategy[Value] = st.one_of(
    JSONS.map(lambda tree: text(json.dumps(tree), "application/json")),
    JSONS.map(lambda tree: text(json.dumps({"data": [{"y": tree}], "layout": {}}), "application/vnd.plotly.v1+json")),
    MARKUP.map(lambda content: text(content, "text/html")),
    MARKUP.map(lambda content: text(content, "image/svg+xml")),
    MARKUP.map(lambda content: text(content, "application/javascript")),
    MARKUP.map(lambda content: LAB.encoded(f"%PDF-1.4\n1 0 obj\n{content}\nendobj".encode(), "application/pdf")),
)
SHOWN = st.one_of(SENT, st.builds(lambda a, b: display(text_html=a, text_plain=b), SENT, PRINTED.map(text)))

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


@settings(max_examples=100, deadline=None)
@given(value=SHOWN)
def test_an_output_does_not_differ_from_itself(value: Value) -> None:
    """In whatever form it was sent."""
    assert LAB.compare(value, value) is None


@settings(max_examples=300, deadline=None)
@given(a=SHOWN, b=SHOWN)
def test_sides_do_not_matter_for_outputs(a: Value, b: Value) -> None:
    """Nor are two different ones identical without a word."""
    there, back = LAB.compare(a, b), LAB.compare(b, a)

    assert (there and there.sameness) == (back and back.sameness)
    assert there is None or max(len(there.a), len(there.b)) <= 80
    assert there is None or there.parts


@settings(max_examples=200, deadline=None)
@given(tree=JSONS, other=JSONS)
def test_two_documents_are_equal_only_if_they_are(tree: object, other: object) -> None:
    """Up to names, addresses, durations and the last digits of floats, which are said."""
    found = LAB.judged(text(json.dumps(tree), "application/json"), text(json.dumps(other), "application/json"))[0]

    assert (found == "identical") == (json.dumps(tree) == json.dumps(other))


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
