"""Comparators for what has parts: containers and objects, such as fitted estimators. The parts that differ are
named.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pytest_reprocheck.compare.judging import SHORT, Context, Judgement, cut, worst
from pytest_reprocheck.core.findings import Sameness
from pytest_reprocheck.core.values import Items, Object, Scalar, Text, Value

Compare = Callable[[Value, Value, Context], Judgement | None]
"""Compares two values of any kind; given from outside, because the table of comparators holds the ones of this
module."""
Describe = Callable[[Value, Context, bool], str]

_DETAILS = 8
_KEPT_PARTS = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class _Part:
    path: str
    judgement: Judgement


def compare_items(a: Items, b: Items, context: Context, compare: Compare) -> Judgement | None:
    """None when both have equal members in the same order."""
    if a.digest == b.digest:
        return None
    shown_a, shown_b = describe_items(a), describe_items(b)
    if a.type != b.type:
        return _plain(Sameness.DIFFERENT, a.type, b.type, "type differs")
    if _is_reordered(a, b):
        note = "keys reordered" if a.keys is not None else "order"
        return _plain(Sameness.ORDERING, shown_a, shown_b, note)
    parts = list(
        _mapping_parts(a, b, context, compare) if a.keys is not None else _member_parts(a, b, context, compare)
    )
    if a.length != b.length:
        note = f"{a.length} members | {b.length} members"
        return _joined(parts, shown_a, shown_b, Sameness.DIFFERENT, note)
    if not parts:
        note = f"differs beyond the first {len(a.values)} members"
        return _plain(Sameness.DIFFERENT, shown_a, shown_b, note)
    return _joined(parts, shown_a, shown_b, Sameness.IDENTICAL, "")


def compare_objects(a: Object, b: Object, context: Context, compare: Compare) -> Judgement | None:
    """None when all attributes are equal."""
    if a.digest == b.digest:
        return None
    if a.type != b.type:
        return _plain(Sameness.DIFFERENT, a.type, b.type, "type differs")
    parts = []
    for name in sorted({*a.fields, *b.fields}):
        parts += list(_compare_part(name, a.fields.get(name), b.fields.get(name), context, compare))
    name = a.type.rpartition(".")[2]
    if not parts:
        return _plain(Sameness.DIFFERENT, name, name, "differs in parts too many or too deep to keep")
    return _joined(parts, name, name, Sameness.IDENTICAL, "")


def _is_reordered(a: Items, b: Items) -> bool:
    if a.length != b.length or len(a.values) != a.length or a.type.endswith("set"):
        return False

    def members(items: Items) -> list[tuple[str | None, str | None]]:
        keys = [_digest(key) for key in items.keys] if items.keys is not None else [None] * len(items.values)
        return list(zip(keys, [_digest(value) for value in items.values], strict=True))

    a_members, b_members = members(a), members(b)
    if any(value is None for _key, value in (*a_members, *b_members)):
        return False
    return a_members != b_members and Counter(a_members) == Counter(b_members)


def _digest(value: Value) -> str | None:
    return value.digest


def _mapping_parts(a: Items, b: Items, context: Context, compare: Compare) -> Iterator[_Part]:
    assert a.keys is not None
    a_entries = {_name(key): value for key, value in zip(a.keys, a.values, strict=True)}
    b_entries = {_name(key): value for key, value in zip(b.keys or (), b.values, strict=True)}
    volatile = context.what.endswith("cv_results_")
    for name in dict.fromkeys([*a_entries, *b_entries]):
        if volatile and name.endswith("_time"):
            yield _Part(path=name, judgement=_times())
            continue
        yield from _compare_part(name, a_entries.get(name), b_entries.get(name), context, compare)


def _member_parts(a: Items, b: Items, context: Context, compare: Compare) -> Iterator[_Part]:
    if a.type.endswith("set"):
        a_known, b_known = ({_digest(value): value for value in items.values} for items in (a, b))
        for digest in sorted(str(key) for key in {*a_known, *b_known} - ({*a_known} & {*b_known})):
            yield from _compare_part("member", a_known.get(digest), b_known.get(digest), context, compare)
        return
    for index in range(max(len(a.values), len(b.values))):
        left = a.values[index] if index < len(a.values) else None
        right = b.values[index] if index < len(b.values) else None
        yield from _compare_part(f"[{index}]", left, right, context, compare)


def _compare_part(path: str, a: Value | None, b: Value | None, context: Context, compare: Compare) -> Iterator[_Part]:
    if a is None or b is None:
        left = "(absent)" if a is None else brief(a)
        right = "(absent)" if b is None else brief(b)
        yield _Part(path=path, judgement=_plain(Sameness.DIFFERENT, left, right, ""))
        return
    if path == "refit_time_":
        if _digest(a) != _digest(b):
            yield _Part(path=path, judgement=_times())
        return
    inner = Context(
        a_blobs=context.a_blobs,
        b_blobs=context.b_blobs,
        a_root=context.a_root,
        b_root=context.b_root,
        tolerance=context.tolerance,
        aspect=context.aspect,
        what=path,
    )
    judgement = compare(a, b, inner)
    if judgement is not None:
        yield _Part(path=path, judgement=judgement)


def _times() -> Judgement:
    """Durations that scikit-learn's searches keep beside their results."""
    return _plain(Sameness.NORMALISED, "", "", "fit-times")


def _plain(sameness: Sameness, a: str, b: str, note: str) -> Judgement:
    return Judgement(sameness=sameness, a=a, b=b, note=note, parts=("all",))


def _joined(parts: list[_Part], a: str, b: str, at_least: Sameness, note: str) -> Judgement:
    """The parts' judgements as one: as bad as the worst, which is also the one that is shown."""
    sameness = worst([at_least, *(part.judgement.sameness for part in parts)])
    telling = [part for part in parts if part.judgement.sameness is sameness] or parts
    details = [_told(part) for part in telling[:_DETAILS]]
    if len(telling) == 1 and not note:
        only = telling[0]
        a, b = f"{only.path} {only.judgement.a}".strip(), f"{only.path} {only.judgement.b}".strip()
        note = only.judgement.note
    elif telling and not note:
        note = cut(", ".join(part.path for part in telling[:6]) + (" ..." if len(telling) > 6 else ""))
    paths = [
        f"{part.path}.{inner}" if inner not in ("all", "values") else part.path
        for part in parts
        for inner in part.judgement.parts or ("all",)
        if part.judgement.sameness.counts
    ]
    return Judgement(
        sameness=sameness, a=cut(a), b=cut(b), note=note, details=tuple(details), parts=tuple(paths[:_KEPT_PARTS])
    )


def _told(part: _Part) -> str:
    judgement = part.judgement
    note = f"  ({judgement.note})" if judgement.note else ""
    return f"{part.path}: {judgement.a} | {judgement.b}{note}"


def _name(key: Value) -> str:
    text = brief(key)
    return text[1:-1] if isinstance(key, Scalar) and key.type == "str" and len(text) > 2 else text


def brief(value: Value) -> str:
    """A value in a few words, without looking at stored data."""
    match value:
        case Scalar(text=text):
            return cut(text, 40)
        case Text(text=text):
            return cut(repr(text), 40)
        case Items():
            return describe_items(value, 40)
        case Object(type=name):
            return name.rpartition(".")[2]
        case _:
            return f"({value.kind})"


def describe_items(items: Items, width: int = SHORT) -> str:
    """The members in one line; strings without their quotes, as feature lists are read."""
    values = [_name(value) for value in items.values[:30]]
    if items.keys is not None:
        values = [f"{_name(key)}={value}" for key, value in zip(items.keys, values, strict=False)]
    more = " ..." if items.length > len(values) else ""
    return cut(", ".join(values) + more, width) or "(empty)"
