"""The ordered table of comparators: the first that knows both values compares them, and what none knows is compared
by digest, and said.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pytest_reprocheck.compare.arrays import compare_arrays, describe_array
from pytest_reprocheck.compare.images import compare_images
from pytest_reprocheck.compare.judging import Context, Judgement
from pytest_reprocheck.compare.predictions import compare_predictions
from pytest_reprocheck.compare.scalars import compare_scalars, describe_scalar
from pytest_reprocheck.compare.tables import compare_tables, describe_table
from pytest_reprocheck.compare.text import compare_text, describe_text
from pytest_reprocheck.compare.trees import brief, compare_items, compare_objects, describe_items
from pytest_reprocheck.core.findings import Sameness
from pytest_reprocheck.core.values import Array, Image, Items, Object, Opaque, Scalar, Table, Text, Value


class Incomparable(Exception):  # noqa: N818 - not an error: a value that says so itself
    """One of the values has no digest; the message says why."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparator:
    """One entry of the table."""

    name: str
    recognises: Callable[[Value, Value, Context], bool]
    compare: Callable[[Value, Value, Context], Judgement | None]


def compare_values(a: Value, b: Value, context: Context) -> Judgement | None:
    """None when the values are identical; raises Incomparable when one of them cannot be compared."""
    for comparator in COMPARATORS:
        if comparator.recognises(a, b, context):
            return comparator.compare(a, b, context)
    return _by_digest(a, b, context)


def _by_digest(a: Value, b: Value, context: Context) -> Judgement | None:
    for value in (a, b):
        if isinstance(value, Opaque) and value.digest is None:
            raise Incomparable(f"{value.type}: {value.reason}")
    if a.digest == b.digest:
        return None
    shown = describe(a, context, of_a=True), describe(b, context, of_a=False)
    note = (
        f"compared by digest ({a.reason})" if isinstance(a, Opaque) else f"another kind of value: {a.kind} | {b.kind}"
    )
    return Judgement(sameness=Sameness.DIFFERENT, a=shown[0], b=shown[1], note=note, parts=("all",))


def describe(value: Value, context: Context, *, of_a: bool) -> str:
    """A value in one short line."""
    match value:
        case Array():
            return describe_array(value, context.a_blobs if of_a else context.b_blobs)
        case Table():
            return describe_table(value)
        case Text():
            return describe_text(value)
        case Items():
            return describe_items(value)
        case Scalar():
            return describe_scalar(value)
        case Opaque(type=name):
            return name.rpartition(".")[2]
        case Image(mime=mime):
            return mime
        case Object():
            return brief(value)


def _both(kind: type) -> Callable[[Value, Value, Context], bool]:
    return lambda a, b, _context: isinstance(a, kind) and isinstance(b, kind)


def _are_predictions(a: Value, b: Value, context: Context) -> bool:
    return context.aspect == "predictions" and isinstance(a, Array) and isinstance(b, Array)


COMPARATORS: tuple[Comparator, ...] = (
    Comparator(name="predictions", recognises=_are_predictions, compare=compare_predictions),  # type: ignore[arg-type]
    Comparator(name="array", recognises=_both(Array), compare=compare_arrays),  # type: ignore[arg-type]
    Comparator(name="table", recognises=_both(Table), compare=compare_tables),  # type: ignore[arg-type]
    Comparator(name="text", recognises=_both(Text), compare=compare_text),  # type: ignore[arg-type]
    Comparator(name="image", recognises=_both(Image), compare=compare_images),  # type: ignore[arg-type]
    Comparator(name="scalar", recognises=_both(Scalar), compare=compare_scalars),  # type: ignore[arg-type]
    Comparator(
        name="items",
        recognises=_both(Items),
        compare=lambda a, b, context: compare_items(a, b, context, compare_values),  # type: ignore[arg-type]
    ),
    Comparator(
        name="object",
        recognises=_both(Object),
        compare=lambda a, b, context: compare_objects(a, b, context, compare_values),  # type: ignore[arg-type]
    ),
)
"""In order; a new comparator goes before the more general ones."""
