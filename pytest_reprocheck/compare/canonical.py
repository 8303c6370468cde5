"""One text by itself, without what means nothing: for records, where there is no second run to compare it with."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from pytest_reprocheck.compare.charts import canonical
from pytest_reprocheck.compare.documents import read_json
from pytest_reprocheck.compare.files import without_times
from pytest_reprocheck.compare.html import page_parts
from pytest_reprocheck.compare.markup import markup_lines
from pytest_reprocheck.compare.normalise import Own, apply_rules, normalise_pair
from pytest_reprocheck.compare.scripts import SCRIPTS, take_data
from pytest_reprocheck.compare.svg import drawn
from pytest_reprocheck.core.rules import FieldRule


def canonical_text(text: str, mime: str, own: Own, rules: Sequence[FieldRule] = ()) -> str:
    """A text as the comparator for its mime type would look at it.

    Args:
        text: what was printed, displayed or written.
        mime: its type.
        own: what the run has for itself.
        rules: the user's own normalisers.
    """
    text = apply_rules(text, text, rules)[0]
    markup = mime in ("text/html", "image/svg+xml")
    text = normalise_pair(_read(text, mime), "", (own, own), markup=markup)[0]
    for word, placeholder in ((own.home, "<home>"), (own.host, "<host>")):
        if len(word) > 2:
            text = text.replace(word, placeholder)
    return text


def _read(text: str, mime: str) -> str:
    if mime == "image/svg+xml":
        return "\n".join(drawn(markup_lines(text)))
    if mime == "text/html":
        page, files, data = page_parts(text)
        return "\n".join([*markup_lines(page), *files, *map(_document, data)])
    if mime == "text/x-log":
        return without_times(text)
    if mime in SCRIPTS:
        code, data = take_data(text)
        return "\n".join([code, *map(_document, data)])
    if not mime.startswith("text/") and (tree := read_json(text)) is not None:
        return _document(tree, mime)
    return text


def _document(tree: Any, mime: str = "") -> str:
    """A document's lines, without what its library generates for each run."""
    return json.dumps(canonical(tree, mime), indent=0, default=lambda array: array.tolist())
