"""Pickles: the same objects give the same values, whatever the protocol and the order of sets; nothing in them runs."""

from __future__ import annotations

import collections
import datetime as dt
import pickle
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.execution.artifacts.bench import Bench, opened

PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)


class Point:
    """A class of the user's."""

    def __init__(self, x: float, others: object = None) -> None:
        self.x = x
        self.others = others


class Ordered:
    """A set as another hash seed orders it."""

    def __init__(self, members: list[str]) -> None:
        self.members = members

    def __reduce__(self) -> tuple[Any, ...]:
        return (set, (self.members,))


class Trap:
    """What must never be called while a pickle is read."""

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.write_text, (Path("trapped"), "sprung"))


RICH: dict[str, object] = {
    "floats": [0.1, 0.2],
    "set": {"ant", "bee", "cat"},
    "frozen": frozenset({1, 2, 3}),
    "bytes": b"\x00\xff" * 200,
    "long": 2**100,
    "tuple": (1, "two", None, True, 3.5, 1 + 2j),
    "array": np.arange(12.0).reshape(3, 4),
    "fortran": np.asfortranarray(np.arange(6).reshape(2, 3)),
    "records": np.array([(1, 2.5)], dtype=[("a", "<i4"), ("b", "<f8")]),
    "times": np.array(["2020-01-01"], dtype="M8[D]"),
    "number": np.float32(1.5),
    "point": Point(2.0, Point(3.0)),
    "ordered": collections.OrderedDict(b=1, a=2),
    "counted": collections.Counter("abca"),
    "text": "x" * 500,
    "date": dt.date(2020, 1, 2),
    "big-endian": np.array([1, 2], dtype=">i4"),
}


@pytest.mark.parametrize("name", sorted(RICH))
def test_all_protocols_say_the_same(bench: Bench, name: str) -> None:
    """Old and new pickles of one object are one value."""
    first, *others = (pickle.dumps(RICH[name], protocol) for protocol in PROTOCOLS)
    for other in others:
        assert bench.judged("model.pkl", first, other) == "identical"


def test_the_order_of_a_set_and_sharing_do_not_count(bench: Bench) -> None:
    """Another hash seed, and the same object twice or equal ones, are the same value; the order of a list counts."""
    members = [f"name{number}" for number in range(20)]
    sets = pickle.dumps(Ordered(members)), pickle.dumps(Ordered(members[::-1]))
    assert bench.judged("model.pkl", *sets) == "identical"
    shared = [1.5, "a"]
    assert bench.judged("a.pkl", pickle.dumps([shared, shared]), pickle.dumps([[1.5, "a"], [1.5, "a"]])) == "identical"
    lists = pickle.dumps({"columns": ["a", "b"]}), pickle.dumps({"columns": ["b", "a"]})
    assert bench.judged("model.pkl", *lists) == "ordering only: members reordered: a and b swapped"


def test_attributes_that_differ_are_named(bench: Bench) -> None:
    """An array deep in an object is compared by its values."""
    a, b = (pickle.dumps(Point(1.0, {"w": np.array([1.0, 2.0, number])})) for number in (3.0, 4.0))
    found = bench.compare("model.pkl", a, b)
    assert found is not None
    assert found.parts == ("others.w",)
    assert "1 of 3 values differ" in found.note


def test_nothing_in_a_pickle_runs(bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pickle that would write a file when loaded is read, and writes none; modules that it names stay unimported."""
    monkeypatch.chdir(tmp_path)
    for name in ("trap.pkl", "trap.joblib", "trap.pt"):
        bench.read("a", name, pickle.dumps([Trap(), 1.5]))
    assert not (tmp_path / "trapped").exists()
    bench.read("a", "named.pkl", b"cantigravity\nopen\n.")
    assert "antigravity" not in sys.modules


def test_an_object_that_holds_itself_is_read(bench: Bench) -> None:
    """Cycles end, and the rest is compared."""
    files = []
    for number in (1.0, 2.0):
        point = Point(number)
        point.others = [point]
        files.append(pickle.dumps(point))
    assert bench.judged("model.pkl", files[0], files[0]) == "identical"
    assert bench.judged("model.pkl", *files).startswith("different")


def billion_laughs() -> bytes:
    """A list of lists that would be enormous if every reference were followed."""
    inner: list[object] = [1.5, "x"]
    for _ in range(60):
        inner = [inner, inner]
    return pickle.dumps(inner)


def deep() -> bytes:
    """Lists in lists."""
    return b"]" * 100_000 + b"a" * 99_999 + b"."


def test_hostile_pickles_end(bench: Bench) -> None:
    """References that multiply, and nesting without end, are compared by digest or by bytes; never with an error."""
    for hostile in (
        billion_laughs(),
        deep(),
        b"\x80\x04" + b"(" * 1000 + b".",
        b"\x80\x05\x97.",
        b"\x80\x02cos\nsystem\n",
    ):
        assert bench.judged("model.pkl", hostile, hostile) == "identical"
        assert bench.judged("model.pkl", hostile, pickle.dumps(1)).startswith("different")


def plain() -> st.SearchStrategy[Any]:
    """Whatever plain data people put into pickles."""
    single = (
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False)
        | st.text(max_size=8)
        | st.binary(max_size=8)
    )
    keys = st.text(max_size=5) | st.integers()
    return st.recursive(
        single,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4) | st.tuples(inner, inner),
        max_leaves=12,
    )


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(first=plain(), second=plain(), protocols=st.tuples(st.sampled_from(PROTOCOLS), st.sampled_from(PROTOCOLS)))
def test_equal_objects_and_only_those_are_identical(
    first: object, second: object, protocols: tuple[int, int], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """What is identical has the same repr, types and order of keys included, and the other way round."""
    with opened(tmp_path_factory.mktemp("pickles")) as bench:
        values = (
            bench.read("a", "a.pkl", pickle.dumps(first, protocols[0])),
            bench.read("b", "a.pkl", pickle.dumps(second, protocols[1])),
        )
    assert (values[0].digest == values[1].digest) == (repr(first) == repr(second))


@settings(max_examples=150, deadline=None)
@given(
    data=st.binary(max_size=200),
    name=st.sampled_from(["a.pkl", "a.csv", "a.json", "a.npy", "a.tar", "a.ipynb", "a.safetensors"]),
)
def test_any_bytes_are_read(data: bytes, name: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Whatever the name promises, no content is an error."""
    with opened(tmp_path_factory.mktemp("bytes")) as bench:
        assert bench.read("a", name, data).digest == bench.read("b", name, data).digest
