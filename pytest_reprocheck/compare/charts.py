"""Charts, widgets and tables as JSON: arrays decoded, generated names taken out, places named as people do."""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from collections.abc import Iterator
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

Tree = Any
"""JSON data: None, bool, int, float, str, lists and dicts of these; arrays once they are decoded."""

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{32}")
_DATASET = re.compile(r"data-[0-9a-f]{32}")
_PLAIN_KEY = re.compile(r"[^\W\d][\w-]{0,60}")
_GENERATED_KEYS = frozenset({"uid", "model_id"})
_MAX_ARRAY = 64 * 1024**2
"""Bytes of an array that are unpacked."""


def canonical(tree: Tree, mime: str = "") -> Tree:
    """A document without what its library generates for each run; other documents stay as they are."""
    if _is_bokeh(tree, mime):
        declared = {str(value) for value in _values_of(tree, "id") if isinstance(value, str)}
        return _rebuilt(_renamed(tree, lambda text: text in declared or _UUID.fullmatch(text) is not None))
    if _is_vega(tree, mime):
        return _rebuilt(_renamed(tree, lambda text: _DATASET.fullmatch(text) is not None))
    if _is_plotly(tree, mime) or mime == "application/vnd.jupyter.widget-view+json":
        return _rebuilt(_without(tree, _GENERATED_KEYS))
    return tree


def told_path(path: tuple[str | int, ...], tree: Tree) -> str:
    """``trace 0 'train' y[3]`` for a chart, ``age[3]`` for a table of records, else the keys: ``config.rates[2]``."""
    match path:
        case ("data", int(number), *rest) if _is_plotly(tree, "") and isinstance(tree, dict):
            return _trace(tree["data"], number, rest)
        case (int(number), *rest) if _is_plotly(tree, ""):
            return _trace(tree, number, rest)
        case ("data", int(row), str(field)) | ("datasets", str(_), int(row), str(field)):
            return f"{field}[{row}]"
    return _joined(path) or "(document)"


def _trace(traces: list[Any], number: int, rest: list[Any]) -> str:
    trace = traces[number] if number < len(traces) else None
    name = trace.get("name") if isinstance(trace, dict) else None
    shown = f" {name[:30]!r}" if isinstance(name, str) else ""
    return f"trace {number}{shown} {_joined(rest)}".rstrip()


def _joined(path: Any) -> str:
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif _PLAIN_KEY.fullmatch(step):
            text += f".{step}" if text else step
        else:
            text += f"[{step[:60]!r}]"
    return text if len(text) <= 60 else f"...{text[-57:]}"


def _is_plotly(tree: Tree, mime: str) -> bool:
    if mime.startswith("application/vnd.plotly"):
        return True
    if isinstance(tree, list):
        return bool(tree) and all(isinstance(trace, dict) and "type" in trace for trace in tree)
    return isinstance(tree, dict) and isinstance(tree.get("data"), list) and isinstance(tree.get("layout"), dict)


def _is_vega(tree: Tree, mime: str) -> bool:
    if mime.startswith("application/vnd.vega"):
        return True
    return isinstance(tree, dict) and "vega" in str(tree.get("$schema", ""))[:80]


def _is_bokeh(tree: Tree, mime: str) -> bool:
    """A document of bokeh's, under the name that it generated, or the list of what is drawn where."""
    if "bokehjs" in mime:
        return True
    members = list(tree.values()) if isinstance(tree, dict) else tree if isinstance(tree, list) else []
    return bool(members) and all(
        isinstance(member, dict) and "roots" in member and ("version" in member or "docid" in member)
        for member in members
    )


def _values_of(tree: Tree, key: str) -> Iterator[Tree]:
    pending = [tree]
    while pending:
        node = pending.pop()
        if isinstance(node, dict):
            if key in node:
                yield node[key]
            pending += node.values()
        elif isinstance(node, list):
            pending += node


def _renamed(tree: Tree, is_generated: Any) -> Tree:
    """Generated names numbered in the order in which they are used, so that what refers to what still counts."""
    names: dict[str, str] = {}

    def number(text: str) -> str:
        return names.setdefault(text, f"<id {len(names) + 1}>") if is_generated(text) else text

    def named(node: Tree) -> Tree:
        if isinstance(node, str):
            return number(node)
        if isinstance(node, list):
            return [named(member) for member in node]
        if isinstance(node, dict):
            # Keys are where a name is explained: those that are used elsewhere have their number by then.
            return {key: named(value) for key, value in node.items()}
        return node

    def rekeyed(node: Tree) -> Tree:
        if isinstance(node, list):
            return [rekeyed(member) for member in node]
        if isinstance(node, dict):
            return {number(key): rekeyed(value) for key, value in node.items()}
        return node

    return rekeyed(named(tree))


def _without(tree: Tree, keys: frozenset[str]) -> Tree:
    if isinstance(tree, list):
        return [_without(member, keys) for member in tree]
    if isinstance(tree, dict):
        return {key: _without(value, keys) for key, value in tree.items() if key not in keys}
    return tree


def _rebuilt(tree: Tree) -> Tree:
    """With arrays that are kept as base64 decoded."""
    if isinstance(tree, list):
        return [_rebuilt(member) for member in tree]
    if not isinstance(tree, dict):
        return tree
    array = _array(tree)
    if array is not None:
        return array
    entries = _entries(tree)
    return {key: _rebuilt(value) for key, value in (tree if entries is None else entries).items()}


def _entries(node: dict[str, Any]) -> dict[str, Any] | None:
    """The columns of bokeh's data, which it writes as pairs; None for anything else."""
    pairs = node.get("entries") if node.get("type") == "map" else None
    if not isinstance(pairs, list) or not all(isinstance(pair, list) and len(pair) == 2 for pair in pairs):
        return None
    if not all(isinstance(name, str) for name, _value in pairs):
        return None
    entries = dict(pairs)
    return entries if len(entries) == len(pairs) else None


def _array(node: dict[str, Any]) -> npt.NDArray[Any] | None:
    """What plotly (``bdata``) and bokeh (``ndarray``) write; None for anything else, and for what cannot be read."""
    match node:
        case {"dtype": str(dtype), "bdata": str(data)}:
            return _decoded(data, dtype, _sizes(node.get("shape")))
        case {"type": "ndarray", "dtype": str(dtype), "array": {"type": "bytes", "data": str(data)}}:
            order: Literal["<", ">"] = ">" if node.get("order") == "big" else "<"
            return _decoded(data, dtype, _sizes(node.get("shape")), order)
    return None


def _sizes(shape: Tree) -> tuple[int, ...] | None:
    """Plotly writes ``"2, 3"``, bokeh ``[2, 3]``."""
    sizes = shape.split(",") if isinstance(shape, str) else shape
    try:
        return tuple(int(size) for size in sizes) if sizes else None
    except (TypeError, ValueError):
        return None


def _decoded(
    data: str, dtype: str, shape: tuple[int, ...] | None, order: Literal["<", ">"] = "<"
) -> npt.NDArray[Any] | None:
    try:
        content = base64.b64decode(data, validate=True)
        if content.startswith(b"\x1f\x8b"):
            unpacker = zlib.decompressobj(wbits=31)
            content = unpacker.decompress(content, _MAX_ARRAY)
            if not unpacker.eof:
                return None
        kind = np.dtype(dtype).newbyteorder(order)
        if kind.kind not in "iuf" or len(content) % kind.itemsize:
            return None
        array: npt.NDArray[Any] = np.frombuffer(content, dtype=kind)
        if shape is not None:
            array = array.reshape(shape)
    except (ValueError, TypeError, SyntaxError, binascii.Error, zlib.error):
        return None
    return array.astype(kind.newbyteorder("="))
