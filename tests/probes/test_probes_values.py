"""Values of Python objects: equal digests in every process and layout, other ones for other values."""

from __future__ import annotations

import collections
import copy
import dataclasses
import datetime as dt
import enum
import io
import json
import random
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure

from pytest_reprocheck.compare.unknown import unknown_parts
from pytest_reprocheck.core.codec import from_json
from pytest_reprocheck.core.trace import Observation
from pytest_reprocheck.core.values import Array, Items, Object, Scalar, Table, Text, Value, block_length
from pytest_reprocheck.probes.blocks import block_length as probes_block_length
from pytest_reprocheck.probes.digest import available
from pytest_reprocheck.probes.encoder import Limits, OverBudgetError
from pytest_reprocheck.probes.log import MemoryLog
from pytest_reprocheck.probes.probe import Probe

from .children import run_script


def encode(obj: object, limits: Limits | None = None, *, blobs: Path | None = None) -> Value:
    """The value as the parent would read it."""
    config = {
        "root": str(Path(__file__).parent),
        "path": "x.py",
        "seed": 1,
        "blobs": None if blobs is None else str(blobs),
    }
    probe = Probe(config, MemoryLog())
    node = probe.encode(obj, limits or Limits())
    probe.stop()
    line: dict[str, Any] = {"seq": 1, "aspect": "state", "what": "x", "step": None, "stack": [], "value": node}
    return from_json(Observation, json.loads(json.dumps(line))).value


def digest(obj: object) -> str:
    """The digest of an object's value; it must have one."""
    found = encode(obj).digest
    assert found is not None
    assert encode(obj, Limits(keep=0)).digest == found
    assert encode(obj, Limits(keep=3)).digest == found
    return found


NAN = np.array([0x7FF8000000000001, 0xFFF8000000000000], dtype=np.uint64).view(float)
BASE = np.arange(12.0).reshape(3, 4)
FRAME = pd.DataFrame({"a": [1, 2], "b": ["x", None]})

SAME: list[tuple[object, object]] = [
    (BASE, np.asfortranarray(BASE)),
    (BASE[:, ::2], BASE[:, ::2].copy()),
    (NAN, np.array([np.nan, np.nan])),
    (np.array(2.5), np.array([2.5]).reshape(())),
    ({"a", "b", "c"}, {"c", "b", "a"}),
    (frozenset([1, (2, 3)]), frozenset([(2, 3), 1])),
    (sp.csr_matrix(np.eye(3)), sp.csr_matrix(([1.0, 0.5, 0.5, 1.0], ([0, 1, 1, 2], [0, 1, 1, 2])), shape=(3, 3))),
    (np.ma.array([1.0, 7.0], mask=[False, True]), np.ma.array([1.0, 8.0], mask=[False, True])),
    (pd.DataFrame(BASE), pd.DataFrame(np.asfortranarray(BASE))),
    (pd.Series([1, 2]), pd.DataFrame({"z": [1, 2]})["z"].rename(None)),
    (np.array([(1, 2.0)], dtype=[("a", "i1"), ("b", "f8")]), np.array([(1, 2.0)], dtype=[("a", "i1"), ("b", "f8")])),
    (np.random.RandomState(3), np.random.RandomState(3)),
    (np.random.default_rng(3), np.random.default_rng(3)),
    (BASE, BASE.astype(">f8")),
    (np.array([1, 2], dtype="<M8[s]"), np.array([1, 2], dtype=">M8[s]")),
    (
        np.zeros(3, dtype=np.dtype([("a", "i1"), ("b", "f8")], align=True)),
        np.zeros(3, dtype=[("a", "i1"), ("b", "f8")]),
    ),
    (pd.Series(["b", "a"], dtype="category"), pd.Series(["b", "a", "a"], dtype="category").iloc[:2]),
    (pd.Series(["x", "yy", None, "z"]).iloc[1:3].reset_index(drop=True), pd.Series(["yy", None])),
]
OTHER: list[tuple[object, object]] = [
    (1, True),
    (1, 1.0),
    ("a", b"a"),
    ([1, 2], (1, 2)),
    ([1, 2], [2, 1]),
    ([[1], [2]], [[1, 2]]),
    ([1, "2"], ["1", 2]),
    ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
    (BASE, BASE.astype("f4")),
    (BASE, BASE.reshape(4, 3)),
    (FRAME, FRAME[["b", "a"]]),
    (FRAME, FRAME.iloc[::-1]),
    (FRAME, FRAME.rename(columns={"a": "c"})),
    (
        pd.Series(["a", "b"], dtype=pd.CategoricalDtype(["a", "b"])),
        pd.Series(["a", "b"], dtype=pd.CategoricalDtype(["b", "a"])),
    ),
    (pd.Series([1, None], dtype="Int64"), pd.Series([1, 2], dtype="Int64")),
    (pd.Series(["a", None]), pd.Series(["a", "b"])),
    (np.random.RandomState(3), np.random.RandomState(4)),
    (dt.date(2020, 1, 1), dt.date(2020, 1, 2)),
    ("x" * 500 + "a", "x" * 500 + "b"),
    (list(range(5000)), [*range(4999), 0]),
    ([10**5000], [10**5000 + 1]),
    (0.0, -0.0),
    (np.array([0.0]), np.array([-0.0])),
    (ValueError("a"), ValueError("b")),
    (pd.Series(["a", None, "bc"]), pd.Series(["ab", None, "c"])),
]


@pytest.mark.parametrize(("left", "right"), SAME, ids=[str(i) for i in range(len(SAME))])
def test_equal_values_have_equal_digests(left: object, right: object) -> None:
    """Memory layout, NaN payloads, set order, explicit zeros and what a mask hides do not show."""
    assert digest(left) == digest(right)


@pytest.mark.parametrize(("left", "right"), OTHER, ids=[str(i) for i in range(len(OTHER))])
def test_other_values_have_other_digests(left: object, right: object) -> None:
    """Types, orders that mean something, names, dtypes and any member tell values apart."""
    assert digest(left) != digest(right)


class Color(enum.Enum):
    RED = 1

    def __repr__(self) -> str:
        raise AssertionError("user code ran")


@dataclasses.dataclass
class Point:
    x: int
    _y: str = "private"

    def __repr__(self) -> str:
        raise AssertionError("user code ran")

    def __getstate__(self) -> object:
        raise AssertionError("user code ran")

    @property
    def z(self) -> int:
        raise AssertionError("user code ran")


class Slotted:
    __slots__ = ("a", "b")

    def __init__(self) -> None:
        self.a = 1


class Words(list[str]):
    """A list with something beside its members."""

    unit: object = None


class Settings(dict[str, int]):
    __slots__ = ("source",)


class Metres(float):
    since: object = None


class Bounded(collections.deque[int]):
    note: object = None


def beside(obj: Any, name: str, value: object) -> Any:
    """The object, with an attribute."""
    setattr(obj, name, value)
    return obj


def made_with(value: object) -> type:
    """A class of the user's that holds a value."""
    return type("Config", (), {"value": value, "__module__": __name__, "method": lambda self: self})


def filled(value: float) -> object:
    return np.ma.array([1.0, 2.0], mask=[False, True], fill_value=value)


HELD: dict[str, Callable[[Any], object]] = {
    "attribute of a list": lambda value: beside(Words(["a"]), "unit", value),
    "slot of a dict": lambda value: beside(Settings(a=1), "source", value),
    "attribute of a float": lambda value: beside(Metres(1.5), "since", value),
    "attribute of a deque": lambda value: beside(Bounded([1]), "note", value),
    "length of a deque": lambda value: collections.deque([1], maxlen=value),
    "attribute of a function": lambda value: beside(lambda: None, "calls", value),
    "class": made_with,
    "instance of a class": lambda value: made_with(value)(),
    "namespace": lambda value: types.SimpleNamespace(value=value),
    "view of a dict": lambda value: {"a": value}.values(),
    "text in memory": lambda value: io.StringIO(str(value)),
    "bytes in memory": lambda value: io.BytesIO(bytes([value])),
    "filling of a mask": filled,
    "sparse dictionary": lambda value: sp.dok_array([[0, value]]),
    "label of a column": lambda value: pd.DataFrame({5 if value == 1 else "5": [1]}),
    "name of a series": lambda value: pd.Series([1], name=5 if value == 1 else "5"),
}


@pytest.mark.parametrize("holder", sorted(HELD))
def test_whatever_holds_a_value_shows_it(holder: str) -> None:
    """Containers of other classes, classes, functions and names hold more than their members; equal ones are equal."""
    make = HELD[holder]
    assert digest(make(1)) == digest(make(1))
    assert digest(make(1)) != digest(make(2))


def test_a_look_into_a_file_in_memory_moves_nothing() -> None:
    """Its place is what it was, and a closed one is told too."""
    text = io.StringIO("abc")
    text.read(1)
    before, again = digest(text), digest(text)
    assert (before, text.tell()) == (again, 1)
    text.close()
    assert digest(text) not in (before, digest(io.StringIO("abc")))


def test_kinds_of_values() -> None:
    """Scalars, texts, arrays, tables, containers and objects come as the values made for them."""
    assert encode(2.5) == Scalar(type="float", text="2.5", digest=digest(2.5))
    assert encode(np.float32(2.5)) == Scalar(type="numpy.float32", text="2.5", digest=digest(np.float32(2.5)))
    assert isinstance(encode("y" * 300), Text)
    array = encode(BASE)
    assert isinstance(array, Array)
    assert (array.dtype, array.shape, array.blob) == ("<f8", (3, 4), None)
    table = encode(FRAME)
    assert isinstance(table, Table)
    assert (table.type, table.columns, table.index) == ("pandas.DataFrame", ("a", "b"), None)
    assert isinstance(encode(FRAME.set_index("b")), Table)
    items = encode(collections.OrderedDict(a=[1]))
    assert isinstance(items, Items)
    assert (items.type, items.length) == ("collections.OrderedDict", 1)
    point = encode(Point(3))
    assert isinstance(point, Object)
    assert list(point.fields) == ["_y", "x"]
    slotted = encode(Slotted())
    assert isinstance(slotted, Object)
    assert list(slotted.fields) == ["a"]
    assert isinstance(encode(Color.RED), Scalar)
    told: list[object] = [FRAME.describe, len, dataclasses, Point, np.dtype("f4"), Path("a"), range(3), ...]
    told += [pd.Timestamp(0), pd.NA, pd.NaT]
    assert [obj for obj in told if encode(obj).digest is None] == []
    with Path(__file__).open() as file:
        untold: list[object] = [iter([]), (i for i in "a"), file, object()]
        assert {encode(obj).digest for obj in untold} == {None}


PLOTS: dict[str, Callable[[Any, Any], object]] = {
    "bars of errors": lambda axes, data: axes.errorbar([1, 2, 3], [1, 2, 3], yerr=data),
    "band": lambda axes, data: axes.fill_between([1, 2, 3], data, 0),
    "contours": lambda axes, data: axes.contour(np.outer(data, data)),
    "mesh": lambda axes, data: axes.pcolormesh(np.outer(data, [1, 2])),
    "corners of a mesh": lambda axes, data: axes.pcolormesh(np.cumsum(data), [1, 2], np.ones((2, 3))),
    "colours of points": lambda axes, data: axes.scatter([1, 2, 3], [1, 2, 3], c=data),
    "sizes of points": lambda axes, data: axes.scatter([1, 2, 3], [1, 2, 3], s=100 * data),
    "histogram": lambda axes, data: axes.hist(data, bins=[0, 0.25, 0.5, 1]),
    "pie": lambda axes, data: axes.pie(data),
    "arrows": lambda axes, data: axes.quiver([1, 2, 3], [1, 2, 3], data, data),
    "barbs": lambda axes, data: axes.barbs([1, 2, 3], [1, 2, 3], data, data),
}


@pytest.mark.parametrize("kind", PLOTS)
def test_figures_are_told_by_what_they_show(kind: str) -> None:
    """Whatever is drawn from the data: the same data give the same value, others another one."""
    digests = []
    for last in (0.4, 0.4, 0.6):
        figure = Figure()
        PLOTS[kind](figure.add_subplot(), np.array([0.1, 0.2, last]))
        digests.append(digest(figure))
    assert digests[0] == digests[1] != digests[2]


@pytest.mark.parametrize(
    ("shared", "seed"),
    [(np.random.mtrand._rand, np.random.seed), (random._inst, random.seed)],
)
def test_who_holds_the_global_generator_holds_no_state(shared: object, seed: Callable[[int], None]) -> None:
    """A frozen distribution of scipy holds numpy's: what is drawn anywhere would make it another value."""
    digests = set()
    for number in (1, 2):
        seed(number)
        digests.add(digest({"held": shared}))
    assert len(digests) == 1
    assert digest({"held": copy.deepcopy(shared)}) not in digests


def test_members_of_a_set_come_in_one_order() -> None:
    """Two runs see the members of equal sets in the same order, whatever the hash seed."""
    letters = encode({"a", "b", "c"})
    assert isinstance(letters, Items)
    assert [member.digest for member in letters.values] == sorted(str(member.digest) for member in letters.values)


def test_pandas_columns_of_every_kind() -> None:
    """Extension dtypes come as arrays of their values, with nothing left out and no failure."""
    columns = {
        "category": pd.Categorical(["a", None]),
        "zone": pd.DatetimeIndex(["2020-01-01", "NaT"]).tz_localize("Europe/Berlin"),
        "naive": pd.to_datetime(["2020-01-01", "2020-01-02"]),
        "delta": pd.to_timedelta([1, 2], unit="s"),
        "period": pd.period_range("2020", periods=2, freq="D"),
        "interval": pd.IntervalIndex.from_breaks([0, 1, 2]),
        "nullable": pd.array([1, None], dtype="Int64"),
        "boolean": pd.array([True, None], dtype="boolean"),
        "full": pd.array([1.0, 2.0], dtype="Float64"),
        "sparse": pd.arrays.SparseArray([0.0, 1.0]),
        "text": ["a", None],
        "object": pd.Series([{1}, [2]], dtype=object),
    }
    for name, column in columns.items():
        table = encode(pd.DataFrame({name: column}))
        assert isinstance(table, Table), name
        assert table.data[0].shape == (2,)
        changed = encode(pd.DataFrame({name: column}).iloc[::-1].reset_index(drop=True))
        assert changed.digest != table.digest
        assert isinstance(encode(pd.DataFrame({name: column})[name].array), (Table, Array))
    several = pd.MultiIndex.from_tuples([("a", 1), ("b", 2)], names=["p", "q"])
    assert isinstance(encode(pd.Series([1, 2], index=several)), Table)
    assert isinstance(encode(several), Table)


def test_cycles_depth_and_size_end() -> None:
    """What contains itself, is nested deeply or is large is digested and told in part."""
    loop: list[object] = [1]
    loop.append(loop)
    assert digest(loop) == digest(loop)
    wide = encode([[i] for i in range(5000)])
    assert isinstance(wide, Items)
    assert (wide.length, len(wide.values)) == (5000, 2000)
    assert len(json.dumps(dataclasses.asdict(encode([["x" * 150] * 50] * 200)))) < 2_000_000
    with pytest.raises(OverBudgetError):
        encode([[i] for i in range(5000)], Limits(most_visits=100))


def nested(depth: int, leaf: object) -> object:
    """A leaf in that many lists, sets, mappings and objects."""
    for level in range(depth // 4):
        point = Point(0)
        point.x = {"next": [(leaf, level)]}  # type: ignore[assignment]
        leaf = point
    return leaf


def test_what_is_nested_deeply_is_told_apart() -> None:
    """As deep as calls can nest in ordinary programs, and more; the limit on calls is the user's own again then."""
    before = sys.getrecursionlimit()
    assert digest(nested(480, 1)) != digest(nested(480, 2))
    assert encode(nested(480, 1)) == encode(nested(480, 1))
    assert sys.getrecursionlimit() == before


@pytest.mark.parametrize(
    ("obj", "reason"),
    [
        (nested(600, 1), "nested too deep"),
        ([[number] for number in range(3000)] + [[iter("a")]], "str_ascii_iterator: an iterator"),
        (np.array([object(), 1], dtype=object), "object: no canonical form"),
        (pd.DataFrame({"a": [object()]}), "object: no canonical form"),
        (dict.fromkeys((object(),), 1), "object: no canonical form"),
    ],
)
def test_parts_that_are_not_told_apart_are_named(obj: object, reason: str) -> None:
    """A digest over a part of which nothing is known is no proof: the value says so, kept or not, in full or alone."""
    for limits in (Limits(), Limits(keep=0), Limits(keep=1)):
        assert any(part.startswith(reason) or reason in part for part in unknown_parts(encode(obj, limits)))


def test_what_was_seen_before_is_known_by_its_memory_alone() -> None:
    """A change in place is another value, what was put back is the first again, and gaps in records do not count."""
    probe = Probe({"root": str(Path(__file__).parent), "path": "x.py", "seed": 1}, MemoryLog())
    values = np.arange(10_000.0)
    gaps = np.zeros(1000, dtype=np.dtype([("a", "i1"), ("b", "f8"), ("c", "u2")], align=True))
    found = []
    for changed in (0.0, 5.0, 0.0):
        values[7] = changed
        found.append(probe.encode(values)["digest"])
    before = probe.encode(gaps)["digest"]
    gaps.view(np.uint8)[1] = 255
    after = probe.encode(gaps)["digest"]
    probe.stop()

    assert found[0] == found[2] == digest(np.arange(10_000.0).copy() * (np.arange(10_000) != 7))
    assert found[0] != found[1]
    assert before == after == digest(np.zeros(1000, dtype=[("a", "i1"), ("b", "f8"), ("c", "u2")]))


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("bad", [None, 7])
def test_large_arrays_are_as_small_ones(order: Any, bad: int | None) -> None:
    """Seen before or not, with NaN or without, in whatever order in memory: digests are by the page's rules."""
    probe = Probe({"root": str(Path(__file__).parent), "path": "x.py", "seed": 1}, MemoryLog())
    values = np.arange(400_000.0).reshape(200_000, 2)
    if bad is not None:
        values[bad, 0] = NAN[0]
    values = np.asarray(values, order=order)
    first, again = probe.encode(values)["digest"], probe.encode(values)["digest"]
    values[150_000, 1] += 1
    changed = probe.encode(values)["digest"]
    values[150_000, 1] -= 1
    back = probe.encode(values)["digest"]
    probe.stop()

    plain = np.arange(400_000.0).reshape(200_000, 2)
    if bad is not None:
        plain[bad, 0] = np.nan
    length = block_length(plain.shape)
    parts = [hash_of(plain[start : start + length].tobytes()) for start in range(0, len(plain), length)]
    assert first == again == back == hash_of(f"array <f8 (200000, 2)\n{''.join(parts)}".encode())
    assert changed != first


def test_blobs_hold_the_data_once(tmp_path: Path) -> None:
    """Arrays lie in the blob folder under their digest, as numpy's files or lists of reprs; not the too large ones."""
    (tmp_path / "blobs").mkdir()
    array = encode(BASE[:, ::2], blobs=tmp_path / "blobs")
    assert isinstance(array, Array)
    assert np.array_equal(np.load(tmp_path / "blobs" / str(array.blob), allow_pickle=False), BASE[:, ::2])
    objects = encode(np.array([1, "a", None, Point(1)], dtype=object), blobs=tmp_path / "blobs")
    assert isinstance(objects, Array)
    texts = json.loads((tmp_path / "blobs" / str(objects.blob)).read_text())
    assert texts[:3] == ["1", "'a'", "None"]
    assert texts[3].startswith("<")
    large = encode(np.zeros(3_000_000), blobs=tmp_path / "blobs")
    assert isinstance(large, Array)
    assert large.blob is None
    small = encode(np.zeros(300_000), Limits(blob_size=2**20), blobs=tmp_path / "blobs")
    assert isinstance(small, Array)
    assert small.blob is None
    assert len(list((tmp_path / "blobs").iterdir())) == 2


def test_digests_are_the_same_in_another_process(tmp_path: Path) -> None:
    """The variables of a program have the same digests under another hash seed."""
    source = """
import numpy as np, pandas as pd, datetime, enum
class Kind(enum.Enum): A = "a"
class Thing:
    def __init__(self): self.words = {"x", "y", "z"}; self.kind = Kind.A; self.f = len
thing = Thing()
words = {"b": {1, "two", (3, "four")}, "a": frozenset("hash")}
frame = pd.DataFrame({"c": pd.Categorical(["u", "v"]), "d": [datetime.datetime(2020, 1, 1), None], "e": [{"p"}, None]})
objects = np.array([{"q", "r"}, "s", None, 1.5], dtype=object)
"""
    first, second = (run_script(tmp_path / "project", source, hash_seed=seed) for seed in (1, 2))
    digests = [[(one.what, one.value.digest) for one in child.observations] for child in (first, second)]
    assert digests[0] == digests[1]
    assert len(digests[0]) == 4
    assert first.lines[0]["facts"]["hash"] != second.lines[0]["facts"]["hash"]


def test_digests_of_arrays_as_the_page_says() -> None:
    """Computed here by the rules of docs/encoding.md alone: blocks, NaN without payload, byte order."""
    values = np.arange(3000.0)
    values[7] = NAN[0]
    found = encode(values.astype(">f8"))
    assert isinstance(found, Array)
    values[7] = np.nan
    parts = [hash_of(values[start : start + 1024].tobytes()) for start in (0, 1024, 2048)]
    assert block_length((3000,)) == probes_block_length((3000,)) == 1024
    assert found.blocks == tuple(parts)
    assert found.digest == hash_of(f"array <f8 (3000,)\n{''.join(parts)}".encode())


def hash_of(data: bytes) -> str:
    digests = available()
    hasher = digests.new()
    hasher.update(data)
    return str(hasher.hexdigest())


@given(st.lists(st.integers(0, 3000), min_size=1, max_size=3))
def test_block_lengths_are_the_same_in_the_child(shape: list[int]) -> None:
    """The parent and the probes cut blocks alike."""
    assert block_length(tuple(shape)) == probes_block_length(tuple(shape))


def test_orders_are_told_from_digests_alone() -> None:
    """Rows in another order, columns in another order and other values have each their own mark."""
    plain = pd.DataFrame({"a": np.arange(3000), "b": [f"x{row % 7}" for row in range(3000)], "c": np.arange(3000) / 7})
    frame, rows, columns = (encode(one) for one in (plain, plain[::-1].reset_index(drop=True), plain[["c", "a", "b"]]))
    swapped = encode(plain.assign(a=plain["a"].to_numpy()[::-1]))
    assert isinstance(frame, Table)
    assert isinstance(rows, Table)
    assert isinstance(columns, Table)
    assert isinstance(swapped, Table)
    assert frame.rows_digest == rows.rows_digest == columns.rows_digest is not None
    assert len({frame.digest, rows.digest, columns.digest, swapped.digest}) == 4
    assert swapped.rows_digest != frame.rows_digest
    assert [one.unordered for one in frame.data] == [one.unordered for one in swapped.data]
    changed = plain.copy()
    changed.loc[2500, "c"] = 0.5
    other = encode(changed)
    assert isinstance(other, Table)
    same = [
        [x == y for x, y in zip(a.blocks, b.blocks, strict=True)] for a, b in zip(frame.data, other.data, strict=True)
    ]
    assert same == [[True] * 3, [True] * 3, [True, True, False]]


class Hostile:
    def __getattribute__(self, name: str) -> object:
        raise AssertionError("user code ran")

    def __eq__(self, other: object) -> bool:
        raise AssertionError("user code ran")

    def __hash__(self) -> int:
        raise AssertionError("user code ran")


def test_no_code_of_the_users_runs() -> None:
    """Neither attribute access nor comparison of a hostile class, wherever it stands."""
    for value in (Hostile(), [Hostile()], {"a": (Hostile(),)}):
        assert encode(value).digest is not None
