"""Comparators for what has parts: containers and objects, such as fitted estimators. What differs is named."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from pytest_reprocheck.compare.arrays import load
from pytest_reprocheck.compare.judging import DETAILS, SHORT, Context, Judgement, cut, telling, worst
from pytest_reprocheck.compare.moves import told_members, told_order
from pytest_reprocheck.compare.normalise import is_fit_time, is_worker_count
from pytest_reprocheck.core.findings import Sameness
from pytest_reprocheck.core.values import Array, Items, Object, Scalar, Text, Value

_OF_FEATURES = ("coef_", "feature_importances_", "mean_", "scale_", "var_", "center_", "data_min_", "data_max_",
                "statistics_", "components_", "ranking_", "support_", "scores_", "pvalues_", "theta_", "means_",
                "cluster_centers_")  # fmt: skip
"""Attributes whose last axis goes by the features."""
_PLACE = re.compile(r"\[(?:\d+, )*(\d+)\](?! \()")

Compare = Callable[[Value, Value, Context], Judgement | None]
"""Compares two values of any kind; given from outside, because the table of comparators holds the ones of this
module."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Part:
    path: str
    judgement: Judgement


def compare_items(a: Items, b: Items, context: Context, compare: Compare) -> Judgement | None:
    """None when both have equal members in the same order."""
    if a.digest == b.digest:
        return None
    shown_a, shown_b = describe_items(a), describe_items(b)
    if a.type != b.type or (a.keys is None) != (b.keys is None):
        return _plain(Sameness.DIFFERENT, a.type, b.type, "type differs")
    if _is_reordered(a, b):
        noun = "keys" if a.keys is not None else "members"
        return _plain(Sameness.ORDERING, shown_a, shown_b, f"{noun} reordered: {_order(a, b)}")
    whole = a.length == len(a.values) and b.length == len(b.values)
    if a.keys is not None:
        parts = list(_mapping_parts(a, b, context, compare))
    else:
        parts = list(_member_parts(a, b, context, compare))
    alone = _names_alone(a, b) if whole else ""
    if a.length != b.length:
        note = alone or f"{a.length:,} members | {b.length:,} members"
        return _joined(parts, shown_a, shown_b, Sameness.DIFFERENT, note)
    if not parts:
        note = "order or metadata" if whole else f"differs beyond the first {len(a.values)} members"
        return _plain(Sameness.DIFFERENT, shown_a, shown_b, note)
    rest = "" if whole else f"members beyond the first {len(a.values)}"
    joined = _joined(parts, shown_a, shown_b, Sameness.IDENTICAL, "", rest=rest)
    if alone and joined.sameness is Sameness.DIFFERENT:
        return replace(joined, a=shown_a, b=shown_b, note=alone)
    if a.keys is None and not a.type.endswith("set") and len(joined.parts) > 1 and joined.sameness.counts:
        return replace(joined, note=_told_members(a, b, parts, joined.sameness))
    return joined


def compare_objects(a: Object, b: Object, context: Context, compare: Compare) -> Judgement | None:
    """None when all attributes are equal."""
    if a.digest == b.digest:
        return None
    if a.type != b.type:
        return _plain(Sameness.DIFFERENT, a.type, b.type, "type differs")
    parts = []
    features = _feature_names(a, b, context)
    for name in sorted({*a.fields, *b.fields}):
        compared = _compare_part(name, a.fields.get(name), b.fields.get(name), context, compare)
        parts += [_with_names(part, a.fields.get(name), features) for part in compared]
    name = a.type.rpartition(".")[2]
    if not parts:
        return _plain(Sameness.DIFFERENT, name, name, "differs in parts too many or too deep to keep")
    rest = "" if a.complete and b.complete else "attributes too many or too deep to keep"
    return _joined(parts, name, name, Sameness.IDENTICAL, "", rest=rest)


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


def _order(a: Items, b: Items) -> str:
    """Which members moved, with names where they have any."""
    shown, others = (items.keys if items.keys is not None else items.values for items in (a, b))
    names = [_name(value) for value in shown]
    if a.keys is None:
        pairs = enumerate(zip(names, shown, strict=True))
        names = [name if isinstance(value, Scalar) else f"[{place}]" for place, (name, value) in pairs]
    return told_order([value.digest for value in shown], [value.digest for value in others], names)


def _names_alone(a: Items, b: Items) -> str:
    """Which names only one of two lists of names has; empty for other lists."""
    if a.keys is not None or a.type.endswith("set") or not (a.values or b.values):
        return ""
    if any(not isinstance(value, Scalar) or value.type != "str" for value in (*a.values, *b.values)):
        return ""
    return told_members([_name(value) for value in a.values], [_name(value) for value in b.values], "names")


def _told_members(a: Items, b: Items, parts: list[_Part], sameness: Sameness) -> str:
    """``3 of 10 DecisionTreeClassifier differ: [2], [5], [7]``."""
    paths = [part.path for part in parts if part.judgement.sameness is sameness]
    kinds = {value.type for value in (*a.values, *b.values) if isinstance(value, Object)}
    noun = kinds.pop().rpartition(".")[2] if len(kinds) == 1 else "members"
    more = " ..." if len(paths) > 6 else ""
    return f"{len(paths):,} of {max(a.length, b.length):,} {noun} differ: {', '.join(paths[:6])}{more}"


def _feature_names(a: Object, b: Object, context: Context) -> list[str]:
    """The names that an estimator was fitted with, where both runs have the same in the same order."""
    left, right = a.fields.get("feature_names_in_"), b.fields.get("feature_names_in_")
    if not isinstance(left, Array) or not isinstance(right, Array) or left.digest != right.digest:
        return []
    data = load(left, context.a_blobs)
    return [] if data is None or data.ndim != 1 else [str(name).strip("'\"") for name in data]


def _with_names(part: _Part, value: Value | None, features: list[str]) -> _Part:
    """The part with the features' names behind the places of what an estimator learned of each."""
    if not part.path.startswith(_OF_FEATURES) or not isinstance(value, Array) or not features:
        return part
    if not value.shape or value.shape[-1] != len(features):
        return part

    def named(text: str) -> str:
        return _PLACE.sub(lambda found: f"{found.group()} ({cut(features[int(found.group(1))], 30)})", text, count=1)

    told = part.judgement
    return replace(
        part,
        judgement=replace(
            told, a=named(told.a), b=named(told.b), note=named(told.note), details=tuple(map(named, told.details))
        ),
    )


def _digest(value: Value) -> str | None:
    return value.digest


def _mapping_parts(a: Items, b: Items, context: Context, compare: Compare) -> Iterator[_Part]:
    """The entries that differ, paired by the digests of their keys, and the order of the keys that both have."""
    a_entries, b_entries = _entries(a), _entries(b)
    names = {digest: _name(key) for digest, (key, _value) in (a_entries | b_entries).items()}
    for digest in dict.fromkeys([*a_entries, *b_entries]):
        left = a_entries[digest][1] if digest in a_entries else None
        right = b_entries[digest][1] if digest in b_entries else None
        yield from _compare_part(names[digest], left, right, context, compare)
    a_order, b_order = ([key for key in here if key in there] for here, there in _both_ways(a_entries, b_entries))
    if a_order != b_order:
        a_names, b_names = (cut(", ".join(names[key] for key in order)) for order in (a_order, b_order))
        yield _Part(path="keys", judgement=_plain(Sameness.ORDERING, a_names, b_names, "keys reordered"))


_Entries = dict[str, tuple[Value, Value]]


def _both_ways(a: _Entries, b: _Entries) -> tuple[tuple[_Entries, _Entries], tuple[_Entries, _Entries]]:
    return (a, b), (b, a)


def _entries(items: Items) -> _Entries:
    """The entries of a mapping; a key of which nothing is known goes by its type and position."""
    return {
        str(_digest(key) or f"{index} {brief(key)}"): (key, value)
        for index, (key, value) in enumerate(zip(items.keys or (), items.values, strict=True))
    }


def _member_parts(a: Items, b: Items, context: Context, compare: Compare) -> Iterator[_Part]:
    if a.type.endswith("set"):
        a_known, b_known = ({_digest(value): value for value in items.values} for items in (a, b))
        for digest in sorted(str(key) for key in a_known.keys() ^ b_known.keys()):
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
    if is_fit_time(path) or is_worker_count(path):
        if _digest(a) != _digest(b):
            name = "fit-times" if is_fit_time(path) else "worker-count"
            yield _Part(path=path, judgement=_plain(Sameness.NORMALISED, brief(a), brief(b), name))
        return
    if not path.startswith("["):
        context = replace(context, what=path, tolerance=context.tolerance.of(path))
    judgement = compare(a, b, context)
    if judgement is not None:
        yield _Part(path=path, judgement=judgement)


def _plain(sameness: Sameness, a: str, b: str, note: str) -> Judgement:
    return Judgement(sameness=sameness, a=cut(a), b=cut(b), note=note, parts=("all",))


def _joined(parts: list[_Part], a: str, b: str, at_least: Sameness, note: str, *, rest: str = "") -> Judgement:
    """The parts' judgements as one: as bad as the worst, which is also the one that is shown.

    ``rest`` names what was not kept: when no kept part tells why the digests differ, it was not compared.
    """
    sameness = worst([at_least, *(part.judgement.sameness for part in parts)])
    differing = [part for part in parts if part.judgement.sameness is not Sameness.IDENTICAL]
    shown = [part for part in differing if part.judgement.sameness is sameness] or differing
    details = tuple(_told(part) for part in shown[:DETAILS])
    not_compared = [_joint(part.path, why) for part in parts for why in part.judgement.not_compared]
    if rest and not sameness.counts:
        not_compared.append(rest)
    if shown and not note:
        a, b = _sides(shown)
    if len(shown) == 1 and not note:
        only = shown[0]
        several = len(only.judgement.parts) > 1 and only.judgement.note.startswith("[")
        note = f"{only.path}: {only.judgement.note}" if several else only.judgement.note
    elif shown and not note:
        notes = sorted({part.judgement.note for part in shown})
        names = ", ".join(part.path for part in shown[:6]) + (" ..." if len(shown) > 6 else "")
        note = ", ".join(notes) if sameness is Sameness.NORMALISED else cut(names)
    paths = [
        part.path if inner in ("all", "values") else _joint(part.path, inner)
        for part in differing
        for inner in part.judgement.parts or ("all",)
        if part.judgement.sameness.counts
    ]
    return Judgement(
        sameness=sameness,
        a=cut(a),
        b=cut(b),
        note=note,
        details=details,
        parts=tuple(dict.fromkeys(paths)),
        not_compared=tuple(not_compared),
    )


def _sides(parts: list[_Part]) -> tuple[str, str]:
    """What each side has in the first parts: ``max_depth 3, n_estimators 10``."""
    if len(parts) == 1:
        return _side(parts[0], parts[0].judgement.a), _side(parts[0], parts[0].judgement.b)
    sides: tuple[list[str], list[str]] = [], []
    for part in parts[:6]:
        told = part.judgement
        shown = telling(("", ""), told.details) if told.sameness is Sameness.DIFFERENT else ("", "")
        for side, detail, value in zip(sides, shown, (told.a, told.b), strict=True):
            side.append(_joint(part.path, detail) if detail else _side(part, value))
    return ", ".join(sides[0]), ", ".join(sides[1])


def _side(part: _Part, value: str) -> str:
    """``max_depth 3``; what stands for a part of the part has its own path in front."""
    inner = next(iter(part.judgement.parts), "all")
    if inner in ("all", "values") or not value.startswith(inner):
        return f"{part.path} {value}".strip()
    return _joint(part.path, value)


def _joint(path: str, rest: str) -> str:
    """A path continued: ``coef_`` and ``[3]``, ``best_estimator_`` and ``coef_``."""
    return path + rest if rest.startswith("[") else f"{path}.{rest}"


def _told(part: _Part) -> str:
    """The part's most telling detail, ``coef_[3]: 0.12 | 0.15``, or the part as a whole."""
    judgement = part.judgement
    if judgement.details and judgement.sameness is Sameness.DIFFERENT and ": " in judgement.details[0]:
        return _joint(part.path, judgement.details[0])
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
