"""JSON: by paths and values; charts and widgets by their data, without what their libraries generate."""

from __future__ import annotations

import base64
import gzip
import json
from typing import Any

import numpy as np
import pytest

from pytest_reprocheck.compare.charts import canonical
from pytest_reprocheck.compare.documents import read_json
from tests.compare.values import Lab, text

JSON = "application/json"
PLOTLY = "application/vnd.plotly.v1+json"


def judged(lab: Lab, a: Any, b: Any, mime: str = JSON) -> tuple[str, str]:
    """Sameness and note of two documents."""
    return lab.judged(text(json.dumps(a), mime), text(json.dumps(b), mime))


def shown(lab: Lab, a: Any, b: Any, mime: str = JSON) -> tuple[str, str]:
    """What a report shows of two documents that differ."""
    judgement = lab.compare(text(json.dumps(a), mime), text(json.dumps(b), mime))
    assert judgement is not None
    return judgement.a, judgement.b


def packed(values: Any, dtype: str) -> dict[str, str]:
    """An array as plotly sends it."""
    array = np.asarray(values, dtype=dtype)
    shape = {"shape": ", ".join(map(str, array.shape))} if array.ndim > 1 else {}
    return {"dtype": dtype, "bdata": base64.b64encode(array.tobytes()).decode(), **shape}


@pytest.mark.parametrize(
    ("a", "b", "sameness", "note"),
    [
        ({"auc": 0.91}, {"auc": 0.9100000000001}, "within tolerance", ""),
        ({"auc": 0.91}, {"auc": 0.92}, "different", ""),
        ({"n": 10**17}, {"n": 10**17 + 1}, "different", ""),
        ({"n": 1}, {"n": True}, "different", ""),
        ({"n": None}, {"n": 0}, "different", ""),
        ({"at": "took 1.5 s"}, {"at": "took 2.5 s"}, "equal after normalisers", "duration"),
        ({"x": [1, 2, 3]}, {"x": [3, 1, 2]}, "ordering only", "3 values reordered"),
        ({"x": [1, 2, 3]}, {"x": [1, 2, 4]}, "different", "1 of 3 values differ, largest change 1"),
        ({"x": [1.0, None]}, {"x": [1.0, 2.0]}, "different", "1 of 2 values differ, largest change 0"),
        ({"x": [1.0, None]}, {"x": [1.0 + 1e-12, None]}, "within tolerance", ""),
        ({"x": ["a", "b"]}, {"x": ["b", "a"]}, "ordering only", "reordered"),
        ({"x": [1]}, {"x": [1, 2]}, "different", "1 members | 2 members"),
        ({"a": 1, "b": 2}, {"a": 1}, "different", ""),
        ([[1, 2], [3]], [[1, 2], [4]], "different", ""),
        ({"x": 1, "y": 2}, {"y": 2, "x": 1}, "equal after normalisers", "layout"),
    ],
)
def test_verdicts_on_documents(a: Any, b: Any, sameness: str, note: str, lab: Lab) -> None:
    """Numbers, orders, words and shapes are told apart."""
    assert judged(lab, a, b) == (sameness, note)


def test_a_document_is_as_itself(lab: Lab) -> None:
    """Equal texts need no parsing."""
    assert lab.compare(text("{", JSON), text("{", JSON)) is None


def test_the_place_is_named(lab: Lab) -> None:
    """As one would write it in code."""
    assert shown(lab, {"a": {"b": [{"c": 1}]}}, {"a": {"b": [{"c": 2}]}}) == ("a.b[0].c: 1", "a.b[0].c: 2")
    assert shown(lab, {"my key": 1}, {"my key": 2})[0] == "['my key']: 1"


def test_what_is_no_json_is_compared_as_text(lab: Lab) -> None:
    """Broken, or missing."""
    assert lab.judged(text('{"a": 1', JSON), text('{"a": 2', JSON))[0] == "different"
    assert lab.judged(text('{"a": 1}', JSON), text("", JSON))[0] == "different"


@pytest.mark.parametrize("numbers", [("1e400", "1e500"), ("9" * 5000, "9" * 4999 + "8")])
def test_numbers_that_no_float_holds_differ(numbers: tuple[str, str], lab: Lab) -> None:
    """They are no infinity."""
    a, b = (text(f'{{"x": {number}}}', JSON) for number in numbers)

    assert lab.judged(a, b)[0] == "different"


def figure(y: object, uid: str = "a1") -> dict[str, Any]:
    """A figure of plotly's."""
    trace = {"name": "train", "type": "scatter", "uid": uid, "x": [1, 2, 3], "y": y}
    return {"data": [trace], "layout": {"title": {"text": "t"}}}


def test_plotly_is_compared_by_its_data(lab: Lab) -> None:
    """Arrays are decoded, traces named, generated ids left out."""
    a, b = packed([1.0, 2.0, 3.0], "f8"), packed([1.0, 2.0, 4.0], "f8")

    assert judged(lab, figure(a), figure(a, "b2"), PLOTLY) == ("equal after normalisers", "generated-id")
    assert judged(lab, figure(a), figure([1.0, 2.0, 3.0]), PLOTLY)[0] == "equal after normalisers"
    assert judged(lab, figure(a), figure(b), PLOTLY) == ("different", "1 of 3 values differ, largest change 1")
    assert shown(lab, figure(a), figure(b), PLOTLY) == ("trace 0 'train' y[2]: 3.0", "trace 0 'train' y[2]: 4.0")


def test_arrays_of_another_shape_or_type_are_told(lab: Lab) -> None:
    """Six numbers in two rows are not the same in three; floats of four bytes have their own tolerance."""
    values = np.arange(6.0)
    wide, tall = packed(values.reshape(2, 3), "f8"), packed(values.reshape(3, 2), "f8")
    near = packed([1.0, 2.0, 3.0000005], "f4")

    assert judged(lab, figure(wide), figure(tall), PLOTLY)[0] == "different"
    assert shown(lab, figure(wide), figure(packed([[0, 1, 2], [3, 4, 9]], "f8")), PLOTLY)[0].endswith("y[1][2]: 5.0")
    assert judged(lab, figure(packed([1, 2, 3], "f4")), figure(near), PLOTLY)[0] == "within tolerance"


@pytest.mark.parametrize(
    "broken", [{"bdata": "%%1"}, {"dtype": "O"}, {"dtype": "f8)"}, {"bdata": "AAA="}, {"shape": "7"}]
)
def test_arrays_that_cannot_be_decoded_are_compared_as_they_stand(broken: dict[str, str], lab: Lab) -> None:
    """Broken base64, an unknown type, half an element, an impossible shape."""
    a, b = (figure(packed([1.0, last], "f8") | broken | {"other": last}) for last in (2.0, 3.0))

    assert judged(lab, a, a, PLOTLY)[0] == "identical"
    assert judged(lab, a, b, PLOTLY)[0] == "different"


def spec(name: str, score: float) -> dict[str, Any]:
    """A chart of altair's, which names its data by a hash."""
    key = f"data-{name * 32}"
    return {"$schema": "https://vega.github.io/schema/vega-lite/v6.json", "data": {"name": key},
            "datasets": {key: [{"age": 1, "score": 0.5}, {"age": 2, "score": score}]}}  # fmt: skip


def test_vega_is_compared_by_its_data(lab: Lab) -> None:
    """The name of a dataset changes with its data; the cell that did is what is told."""
    mime = "application/vnd.vegalite.v6+json"

    assert judged(lab, spec("a", 0.7), spec("b", 0.7), mime) == ("equal after normalisers", "generated-id")
    assert shown(lab, spec("a", 0.7), spec("b", 0.8), mime) == ("score[1]: 0.7", "score[1]: 0.8")


def bokeh(uuid: str, first: int, last: float, *, packing: bool = False) -> dict[str, Any]:
    """A document of bokeh's, under a generated name."""
    content = np.array([1.0, last]).tobytes()
    content = gzip.compress(content, mtime=1) if packing else content
    y = {"type": "ndarray", "array": {"type": "bytes", "data": base64.b64encode(content).decode()},
         "shape": [2], "dtype": "float64", "order": "little"}  # fmt: skip
    source = {"type": "object", "name": "ColumnDataSource", "id": f"p{first}",
              "attributes": {"data": {"type": "map", "entries": [["x", [1, 2]], ["y", y]]}}}  # fmt: skip
    glyph = {"type": "object", "name": "Line", "id": f"p{first + 1}", "attributes": {"source": {"id": f"p{first}"}}}
    return {uuid: {"version": "3.9", "roots": [source, glyph]}}


@pytest.mark.parametrize("packing", [False, True])
def test_bokeh_is_compared_by_its_data(packing: bool, lab: Lab) -> None:
    """Its ids are numbered in the order of use, its arrays unpacked."""
    a = bokeh("0" * 32, 1001, 2.0, packing=packing)
    b, c = (bokeh("1" * 32, 2002, last, packing=packing) for last in (2.0, 5.0))

    assert judged(lab, a, b) == ("equal after normalisers", "generated-id")
    assert shown(lab, a, c)[0].endswith("attributes.data.y[1]: 2.0")


def test_which_element_refers_to_which_counts(lab: Lab) -> None:
    """Ids are numbered, not blotted out."""
    a, b = bokeh("0" * 32, 1001, 2.0), bokeh("0" * 32, 1001, 2.0)
    b["0" * 32]["roots"][1]["attributes"]["source"]["id"] = "p1002"

    assert judged(lab, a, b)[0] == "different"


def test_records_are_named_by_field_and_row(lab: Lab) -> None:
    """A table as pandas has it in JSON."""
    mime = "application/vnd.dataresource+json"
    a, b = ({"schema": {}, "data": [{"age": 1}, {"age": value}]} for value in (2, 3))

    assert shown(lab, a, b, mime) == ("age[1]: 2", "age[1]: 3")


def test_a_users_own_ids_are_results(lab: Lab) -> None:
    """Only charts and widgets generate names."""
    a, b = ({"run": digit * 32, "uid": digit} for digit in "ab")

    assert judged(lab, a, b)[0] == "different"


def test_deep_and_long_documents_take_little_time(lab: Lab) -> None:
    """Nesting beyond what is followed is text; many differences are counted up to a limit."""
    deep = ["[" * depth + str(depth) + "]" * depth for depth in (100_000, 100_001)]
    nested = [json.dumps(json.loads("[" * 400 + str(value) + "]" * 400)) for value in (1, 2)]
    rows = [[{"name": f"{letter}{i}"} for i in range(20_000)] for letter in "ab"]

    assert lab.judged(text(deep[0], JSON), text(deep[1], JSON))[0] == "different"
    assert lab.judged(text(nested[0], JSON), text(nested[1], JSON))[0] == "different"
    assert judged(lab, rows[0], rows[1]) == ("different", "more than 1000 places differ")
    assert read_json("[" * 400 + "]" * 400) is None


def test_archives_that_grow_without_end_are_not_unpacked() -> None:
    """A bomb stays what it is."""
    bomb = base64.b64encode(gzip.compress(bytes(65 * 1024**2), compresslevel=1)).decode()
    node = {"type": "ndarray", "array": {"type": "bytes", "data": bomb}, "shape": [1], "dtype": "int8"}
    document = {"d": {"version": "3", "roots": [node]}}

    assert canonical(document)["d"]["roots"][0]["array"]["data"] == bomb
