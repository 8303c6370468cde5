"""The ordered table of comparators: the first that knows both values compares them.

What none knows is compared by digest, and said.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

from pytest_reprocheck.compare.arrays import compare_arrays, describe_array, load
from pytest_reprocheck.compare.displays import compare_displays
from pytest_reprocheck.compare.documents import compare_json, read_json
from pytest_reprocheck.compare.files import compare_bytes, compare_logs, describe_bytes, is_bytes, is_log
from pytest_reprocheck.compare.html import compare_html
from pytest_reprocheck.compare.images import compare_images
from pytest_reprocheck.compare.judging import Context, Judgement, cut
from pytest_reprocheck.compare.normalise import apply_rules
from pytest_reprocheck.compare.pdf import compare_pdf
from pytest_reprocheck.compare.predictions import compare_predictions
from pytest_reprocheck.compare.scalars import compare_scalars, describe_scalar
from pytest_reprocheck.compare.scripts import SCRIPTS, compare_scripts
from pytest_reprocheck.compare.svg import compare_svg
from pytest_reprocheck.compare.tables import compare_tables, describe_table
from pytest_reprocheck.compare.text import compare_text, describe_text
from pytest_reprocheck.compare.trees import brief, compare_items, compare_objects, describe_items
from pytest_reprocheck.compare.unknown import is_unknown
from pytest_reprocheck.core.findings import Sameness
from pytest_reprocheck.core.mimes import is_document, richest_first
from pytest_reprocheck.core.values import Array, Display, Image, Items, Object, Opaque, Scalar, Table, Text, Value

V = TypeVar("V")
_Compare = Callable[[V, V, Context], Judgement | None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparator:
    """One entry of the table."""

    name: str
    recognises: Callable[[Value, Value, Context], bool]
    compare: Callable[[Value, Value, Context], Judgement | None]


def compare_values(a: Value, b: Value, context: Context) -> Judgement | None:
    """None when the values are identical."""
    a, b = _as_texts(a, b)
    if isinstance(a, Text) and isinstance(b, Text) and _has_structure(a) and _has_structure(b):
        left, right, names = apply_rules(a.text, b.text, context.rules)
        if names and left == right:
            shown = describe(a, context, of_a=True), describe(b, context, of_a=False)
            return Judgement(sameness=Sameness.NORMALISED, a=shown[0], b=shown[1], note=", ".join(names))
        a, b = replace(a, text=left), replace(b, text=right)
    for comparator in COMPARATORS:
        if comparator.recognises(a, b, context):
            return comparator.compare(a, b, context)
    return _by_digest(a, b, context)


def _has_structure(value: Text) -> bool:
    """Whether a text is read before it is compared, so that the user's patterns have to be applied before that."""
    return value.mime in ("text/html", "image/svg+xml") or _is_script(value)


def _as_texts(a: Value, b: Value) -> tuple[Value, Value]:
    """A short string is a Scalar and a long one a Text: where they meet, both are texts."""
    if isinstance(a, Text) and isinstance(b, Scalar) and b.type == "str":
        return a, _text(b)
    if isinstance(b, Text) and isinstance(a, Scalar) and a.type == "str":
        return _text(a), b
    return a, b


def _text(value: Scalar) -> Text:
    try:
        text = str(ast.literal_eval(value.text))
    except (ValueError, SyntaxError):
        text = value.text
    return Text(text=text, digest=value.digest)


def _by_digest(a: Value, b: Value, context: Context) -> Judgement | None:
    if a.digest == b.digest and a.kind == b.kind:
        return None
    shown = describe(a, context, of_a=True), describe(b, context, of_a=False)
    note = f"another kind of value: {a.kind} | {b.kind}"
    if isinstance(a, Opaque) and isinstance(b, Opaque) and a.type != b.type:
        note = f"type {a.type} | {b.type}"
    elif isinstance(a, Opaque) and isinstance(b, Opaque):
        note = f"compared by digest ({a.reason})"
    return Judgement(sameness=Sameness.DIFFERENT, a=shown[0], b=shown[1], note=note, parts=("all",))


def _skip_unknown(a: Value, b: Value, context: Context) -> Judgement:
    """Nothing is known of one of them: no difference; ``unknown_parts`` tells that it was not compared."""
    return Judgement(sameness=Sameness.IDENTICAL, a=describe(a, context, of_a=True), b=describe(b, context, of_a=False))


def describe(value: Value, context: Context, *, of_a: bool) -> str:
    """A value in one short line."""
    match value:
        case Array():
            return describe_array(value, load(value, context.a_blobs if of_a else context.b_blobs))
        case Table():
            return describe_table(value)
        case Text():
            return describe_text(value)
        case Items():
            return describe_items(value)
        case Scalar():
            return describe_scalar(value)
        case Opaque(type=name, reason=reason):
            return cut(f"{name.rpartition('.')[2]} ({reason})")
        case Image(mime=mime):
            return mime
        case Object():
            return describe_bytes(value) if is_bytes(value) else brief(value)
        case Display(forms=forms):
            return describe(forms[richest_first(forms)[0]], context, of_a=of_a)


def _both(name: str, kind: type[V], compare: _Compare[V]) -> Comparator:
    """A comparator for two values of one type."""

    def checked(a: Value, b: Value, context: Context) -> Judgement | None:
        assert isinstance(a, kind)
        assert isinstance(b, kind)
        return compare(a, b, context)

    return Comparator(
        name=name, recognises=lambda a, b, _context: isinstance(a, kind) and isinstance(b, kind), compare=checked
    )


def _sent_as(name: str, kind: type[V], compare: _Compare[V], *mimes: str) -> Comparator:
    """A comparator for two values of one type that were sent under one of some mime types."""
    plain = _both(name, kind, compare)
    return Comparator(
        name=name,
        recognises=lambda a, b, context: (
            plain.recognises(a, b, context)
            and all(isinstance(value, (Text, Image)) and value.mime in mimes for value in (a, b))
        ),
        compare=plain.compare,
    )


def _json() -> Comparator:
    """What is JSON, under whatever name; text, markup and scripts have comparators of their own."""
    plain = _both("json", Text, compare_json)
    return Comparator(name=plain.name, recognises=lambda a, b, _c: _is_json(a) and _is_json(b), compare=plain.compare)


def _is_json(value: Value) -> bool:
    return isinstance(value, Text) and not value.mime.startswith("text/") and read_json(value.text) is not None


def _script() -> Comparator:
    """JavaScript, and what was sent under a name of JSON but is none."""
    plain = _both("script", Text, compare_scripts)
    return Comparator(
        name=plain.name, recognises=lambda a, b, _c: _is_script(a) and _is_script(b), compare=plain.compare
    )


def _is_script(value: Value) -> bool:
    return isinstance(value, Text) and (value.mime in SCRIPTS or is_document(value.mime))


def _bytes() -> Comparator:
    objects = _both("bytes", Object, compare_bytes)
    return Comparator(
        name=objects.name, recognises=lambda a, b, _context: is_bytes(a) and is_bytes(b), compare=objects.compare
    )


def _logs() -> Comparator:
    texts = _both("log", Text, compare_logs)
    return Comparator(
        name=texts.name,
        recognises=lambda a, b, context: texts.recognises(a, b, context) and is_log(a) and is_log(b),
        compare=texts.compare,
    )


def _predictions() -> Comparator:
    arrays = _both("predictions", Array, compare_predictions)
    return Comparator(
        name=arrays.name,
        recognises=lambda a, b, context: context.aspect == "predictions" and arrays.recognises(a, b, context),
        compare=arrays.compare,
    )


COMPARATORS: tuple[Comparator, ...] = (
    Comparator(name="unknown", recognises=lambda a, b, _context: is_unknown(a) or is_unknown(b), compare=_skip_unknown),
    _predictions(),
    _both("array", Array, compare_arrays),
    _both("table", Table, compare_tables),
    _sent_as("html", Text, compare_html, "text/html"),
    _sent_as("svg", Text, compare_svg, "image/svg+xml"),
    _json(),
    _script(),
    _logs(),
    _both("text", Text, compare_text),
    _sent_as("pdf", Image, compare_pdf, "application/pdf"),
    _both("image", Image, compare_images),
    _both("scalar", Scalar, compare_scalars),
    _both("items", Items, lambda a, b, context: compare_items(a, b, context, compare_values)),
    _both("display", Display, lambda a, b, context: compare_displays(a, b, context, compare_values)),
    _bytes(),
    _both("object", Object, lambda a, b, context: compare_objects(a, b, context, compare_values)),
)
"""In order; a new comparator goes before the more general ones."""
