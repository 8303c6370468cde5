"""Comparator for JSON: values by their paths, numbers within tolerance, strings as text, charts by their data."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from pytest_reprocheck.compare.charts import Tree, canonical, told_path
from pytest_reprocheck.compare.judging import DETAILS, Context, Judgement, cut, cut_pair, worst
from pytest_reprocheck.compare.numbers import close, far_apart
from pytest_reprocheck.compare.text import compare_text
from pytest_reprocheck.core.findings import Sameness
from pytest_reprocheck.core.values import Text

_DEEPEST = 200
"""Levels that are followed; a document with more is compared as text."""
_MAX_LEAVES = 1_000
"""Differing places that are looked at one by one."""
_ABSENT = "(absent)"

_Path = tuple[str | int, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Leaf:
    """One place where two documents differ."""

    path: _Path
    a: str
    b: str
    sameness: Sameness
    note: str = ""
    index: tuple[int, ...] = ()
    """Of the first element that differs, where the place is an array."""


def read_json(text: str) -> Tree | None:
    """The document as Python data; None where it is none, or too deep. Numbers that no float holds stay text."""
    try:
        tree = json.loads(text, parse_float=exact_float)
    except (ValueError, RecursionError):
        return None
    return tree if is_shallow(tree) else None


def exact_float(text: str) -> float | str:
    """The number, or its digits where it is too large for a float."""
    number = float(text)
    return number if math.isfinite(number) else text


def is_shallow(tree: Tree) -> bool:
    """Whether it has no more levels than are followed."""
    level = [tree]
    for _ in range(_DEEPEST):
        level = [child for node in level for child in _children(node) if isinstance(child, (dict, list))]
        if not level:
            return True
    return False


def _children(node: Tree) -> list[Any]:
    if isinstance(node, dict):
        return list(node.values())
    return node if isinstance(node, list) else []


def compare_json(a: Text, b: Text, context: Context) -> Judgement | None:
    """None when the texts are equal; what is no JSON is compared as text."""
    if a.digest == b.digest:
        return None
    trees = read_json(a.text), read_json(b.text)
    if None in trees or a.text == b.text or a.mime != b.mime:
        return compare_text(a, b, context)
    judgement = compare_documents(trees[0], trees[1], context, mime=a.mime)
    if judgement is not None:
        return judgement
    shown = cut_pair(a.text, b.text)
    name = "layout" if trees[0] == trees[1] else "generated-id"
    return Judgement(sameness=Sameness.NORMALISED, a=shown[0], b=shown[1], note=name, parts=("all",))


def compare_documents(a: Tree, b: Tree, context: Context, *, mime: str = "") -> Judgement | None:
    """How two documents differ; None when they do not. What a chart generates for itself does not count."""
    a, b = canonical(a, mime), canonical(b, mime)
    leaves = []
    for leaf in _leaves(a, b, context):
        leaves.append(leaf)
        if len(leaves) == _MAX_LEAVES:
            break
    return _told(leaves, a) if leaves else None


def _told(leaves: list[_Leaf], tree: Tree) -> Judgement:
    sameness = worst([leaf.sameness for leaf in leaves])
    telling = [leaf for leaf in leaves if leaf.sameness is sameness]
    first = telling[0]
    paths = {leaf.path: told_path(leaf.path, tree) for leaf in leaves}

    def place(leaf: _Leaf) -> str:
        return told_path((*leaf.path, *leaf.index), tree) if leaf.index else paths[leaf.path]

    if sameness is Sameness.NORMALISED:
        note = ", ".join(sorted({leaf.note for leaf in telling}))
    elif len(telling) == 1:
        note = first.note
    else:
        more = "more than " if len(leaves) == _MAX_LEAVES else ""
        note = f"{more}{len(telling)} places differ"
    shown = cut_pair(f"{place(first)}: {first.a}", f"{place(first)}: {first.b}")
    return Judgement(
        sameness=sameness,
        a=shown[0],
        b=shown[1],
        note=note,
        details=tuple(f"{place(leaf)}: {cut(leaf.a, 50)} | {cut(leaf.b, 50)}" for leaf in telling[1 : DETAILS + 1]),
        parts=tuple(dict.fromkeys(paths[leaf.path] for leaf in leaves if leaf.sameness.counts)) or ("all",),
        pairs=tuple((f"{place(leaf)}: {leaf.a}", f"{place(leaf)}: {leaf.b}") for leaf in telling),
    )


def _leaves(a: Tree, b: Tree, context: Context) -> Iterator[_Leaf]:
    """The places that differ, in the document's order."""
    pending: list[tuple[_Path, Tree, Tree]] = [((), a, b)]
    while pending:
        path, left, right = pending.pop()
        vectors = _vector(left), _vector(right)
        left, right = _listed(left, right, vectors)
        if vectors[0] is not None and vectors[1] is not None and vectors[0].shape == vectors[1].shape:
            yield from _vector_leaf(path, vectors[0], vectors[1], context)
        elif isinstance(left, dict) and isinstance(right, dict):
            shared = [key for key in left if key in right]
            for key in [*left, *(key for key in right if key not in left)]:
                if key not in right:
                    yield _different((*path, key), _brief(left[key]), _ABSENT)
                elif key not in left:
                    yield _different((*path, key), _ABSENT, _brief(right[key]))
            pending += [((*path, key), left[key], right[key]) for key in reversed(shared)]
        elif isinstance(left, list) and isinstance(right, list):
            if len(left) != len(right):
                note = f"{len(left)} members | {len(right)} members"
                yield _different(path, _brief(left), _brief(right), note)
            elif _reordered(left, right):
                yield _Leaf(path=path, a=_brief(left), b=_brief(right), sameness=Sameness.ORDERING, note="reordered")
                continue
            pairs = list(enumerate(zip(left, right, strict=False)))
            pending += [((*path, i), x, y) for i, (x, y) in reversed(pairs)]
        else:
            yield from _single(path, left, right, context)


def _single(path: _Path, a: Tree, b: Tree, context: Context) -> Iterator[_Leaf]:
    if isinstance(a, str) and isinstance(b, str):
        if a != b:
            yield from _string_leaf(path, a, b, context)
    elif _is_number(a) and _is_number(b):
        if a != b and not (a != a and b != b):  # noqa: PLR0124 - NaN
            exact = isinstance(a, int) and isinstance(b, int)
            near = not exact and close(_float(a), _float(b), "<f8", context.tolerance)
            sameness = Sameness.TOLERANCE if near else Sameness.DIFFERENT
            yield _Leaf(path=path, a=repr(a), b=repr(b), sameness=sameness)
    elif type(a) is not type(b) or a != b:
        yield _different(path, _brief(a), _brief(b))


def _string_leaf(path: _Path, a: str, b: str, context: Context) -> Iterator[_Leaf]:
    mime = "text/html" if a.lstrip().startswith("<") and b.lstrip().startswith("<") else "text/plain"
    judgement = compare_text(Text(text=a, mime=mime, digest=a), Text(text=b, mime=mime, digest=b), context)
    if judgement is not None:
        yield _Leaf(path=path, a=judgement.a, b=judgement.b, sameness=judgement.sameness, note=judgement.note)


def _vector_leaf(path: _Path, a: npt.NDArray[Any], b: npt.NDArray[Any], context: Context) -> Iterator[_Leaf]:
    unequal = a != b
    if a.dtype.kind == b.dtype.kind == "f":
        unequal &= ~(np.isnan(a) & np.isnan(b))
    if not unequal.any():
        return
    floats = a.dtype.kind == "f" or b.dtype.kind == "f"
    if floats:
        # The coarser of two types is what both were computed in.
        kind = min(a.dtype, b.dtype, key=lambda dtype: (dtype.kind != "f", dtype.itemsize))
        far = unequal & far_apart(a.astype(kind), b.astype(kind), context.tolerance)
    else:
        far = unequal
    shown = far if far.any() else unequal
    index = tuple(int(place) for place in np.argwhere(shown)[0])
    left, right = repr(a[index].item()), repr(b[index].item())
    if not far.any():
        yield _Leaf(path=path, a=left, b=right, sameness=Sameness.TOLERANCE, index=index)
    elif np.array_equal(np.sort(a, axis=None), np.sort(b, axis=None), equal_nan=floats):
        note = f"{a.size} values reordered"
        yield _Leaf(path=path, a=left, b=right, sameness=Sameness.ORDERING, note=note, index=index)
    else:
        with np.errstate(invalid="ignore", over="ignore"):
            change = np.nanmax(np.abs(a[far].astype(float) - b[far].astype(float)), initial=0.0)
        note = f"{np.count_nonzero(far)} of {a.size} values differ, largest change {change:.3g}"
        yield _Leaf(path=path, a=left, b=right, sameness=Sameness.DIFFERENT, note=note, index=index)


def _listed(a: Tree, b: Tree, vectors: tuple[npt.NDArray[Any] | None, npt.NDArray[Any] | None]) -> tuple[Tree, Tree]:
    """Arrays that have no counterpart of their shape as lists."""
    if vectors[0] is not None and vectors[1] is not None and vectors[0].shape == vectors[1].shape:
        return a, b
    left, right = (node.tolist() if isinstance(node, np.ndarray) else node for node in (a, b))
    return left, right


def _vector(node: Tree) -> npt.NDArray[Any] | None:
    """An array of numbers, from a list of them too; missing ones are NaN."""
    if isinstance(node, np.ndarray):
        return node if node.dtype.kind in "iuf" else None
    if not isinstance(node, list) or len(node) < 2:
        return None
    kinds = {type(member) for member in node}
    if kinds == {int}:
        try:
            return np.array(node, dtype=np.int64)
        except OverflowError:
            return None
    if float in kinds and kinds <= {int, float, type(None)}:
        return np.array([math.nan if member is None else _float(member) for member in node])
    return None


def _reordered(a: list[Any], b: list[Any]) -> bool:
    a_members, b_members = ([_brief(member, None) for member in members] for members in (a, b))
    return a_members != b_members and Counter(a_members) == Counter(b_members)


def _different(path: _Path, a: str, b: str, note: str = "") -> _Leaf:
    return _Leaf(path=path, a=a, b=b, sameness=Sameness.DIFFERENT, note=note)


def _is_number(node: Tree) -> bool:
    return isinstance(node, (int, float)) and not isinstance(node, bool)


def _float(number: float) -> float:
    """A whole number too large for a float is farther from all others than any."""
    try:
        return float(number)
    except OverflowError:
        return math.inf


def _brief(node: Tree, width: int | None = 50) -> str:
    text = json.dumps(node, sort_keys=True, ensure_ascii=False, default=_as_list)
    return text if width is None else cut(text[: 4 * width], width)


def _as_list(array: npt.NDArray[Any]) -> list[Any]:
    members: list[Any] = array.tolist()
    return members
