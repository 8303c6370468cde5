"""Comparators for files that are compared by their bytes, and for logs."""

from __future__ import annotations

import ast
import re
from dataclasses import replace
from typing import TypeGuard

import numpy as np

from pytest_reprocheck.compare.arrays import load
from pytest_reprocheck.compare.judging import Context, Judgement
from pytest_reprocheck.compare.text import compare_text
from pytest_reprocheck.core.findings import Sameness
from pytest_reprocheck.core.values import Array, Object, Scalar, Text, Value

_FIELDS = frozenset({"size", "block size", "blocks", "reason"})


# What loggers put before a message: a full date and time near the beginning of a line, or a time at its beginning.
_LOGGED = re.compile(
    r"^(?P<before>[^\n]{0,60}?)"
    r"\d{4}[-/.]\d\d[-/.]\d\d[T ]\d\d:\d\d:\d\d(?:[.,:]\d{1,9})?(?: ?(?:Z|[-+]\d\d:?\d\d)\b)?"
    r"|^(?P<bracket>[\[(]?)\d\d:\d\d:\d\d(?:[.,]\d{1,9})?\b",
    re.MULTILINE,
)


def is_log(value: Value) -> bool:
    """Whether a text was written to a file that is a log by its name."""
    return isinstance(value, Text) and value.mime == "text/x-log"


def compare_logs(a: Text, b: Text, context: Context) -> Judgement | None:
    """As other text, without the times of its lines."""
    if a.digest == b.digest:
        return None
    found = compare_text(_without_times(a), _without_times(b), context)
    if found is None or found.sameness is Sameness.IDENTICAL:
        return Judgement(sameness=Sameness.NORMALISED, a="", b="", note="log-time", parts=("all",))
    return found


def without_times(text: str) -> str:
    """A log's text with its lines' times replaced."""
    return _LOGGED.sub(lambda match: f"{match['before'] or match['bracket'] or ''}<time>", text)


def _without_times(text: Text) -> Text:
    plain = without_times(text.text)
    return replace(text, text=plain, mime="text/plain", digest=plain if plain != text.text else text.digest)


def is_bytes(value: Value) -> TypeGuard[Object]:
    """Whether a value is a file told by the digests of its blocks."""
    return isinstance(value, Object) and value.type == "bytes" and value.fields.keys() == _FIELDS


def compare_bytes(a: Object, b: Object, context: Context) -> Judgement | None:
    """None when the bytes are equal."""
    a_blocks, b_blocks = a.fields["blocks"], b.fields["blocks"]
    sizes = _text(a, "size"), _text(b, "size")
    if a_blocks.digest == b_blocks.digest and sizes[0] == sizes[1]:
        return None
    notes = [f"size {sizes[0]} | {sizes[1]}"] if sizes[0] != sizes[1] else []
    same_blocks = _text(a, "block size") == _text(b, "block size")
    if same_blocks and isinstance(a_blocks, Array) and isinstance(b_blocks, Array):
        left, right = load(a_blocks, context.a_blobs), load(b_blocks, context.b_blobs)
        if left is not None and right is not None and left.ndim == right.ndim == 1:
            both = min(len(left), len(right))
            differing = np.flatnonzero(left[:both] != right[:both])
            size = int(_text(a, "block size"))
            first = int(differing[0]) if differing.size else both
            notes.append(f"first difference at byte {first * size} or up to {size - 1} behind")
    notes.append(f"compared by bytes ({ast.literal_eval(_text(a, 'reason'))})")
    return Judgement(
        sameness=Sameness.DIFFERENT, a=describe_bytes(a), b=describe_bytes(b), note=", ".join(notes), parts=("all",)
    )


def describe_bytes(value: Object) -> str:
    """The size in one short line."""
    return f"({_text(value, 'size')} bytes, {(value.fields['blocks'].digest or '')[:12]})"


def _text(value: Object, name: str) -> str:
    field = value.fields[name]
    return field.text if isinstance(field, Scalar) else ""
