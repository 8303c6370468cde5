"""Comparator for HTML: tables by cell, charts by their data, embedded pictures by pixels, the rest as text."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass

from pytest_reprocheck.compare.cells import compare_grids
from pytest_reprocheck.compare.charts import Tree
from pytest_reprocheck.compare.grids import cut_tables
from pytest_reprocheck.compare.images import compare_pictures
from pytest_reprocheck.compare.judging import Context, Judgement, combined, cut_pair
from pytest_reprocheck.compare.markup import markup_lines
from pytest_reprocheck.compare.normalise import normalise_pair
from pytest_reprocheck.compare.scripts import compared_data, take_data
from pytest_reprocheck.compare.text import compare_text, judge_lines
from pytest_reprocheck.core.findings import Sameness
from pytest_reprocheck.core.mimes import is_binary
from pytest_reprocheck.core.values import Text

# Scripts break a long line with a backslash, inside a string.
_FILE = re.compile(r"data:([a-z]{1,20}/[\w.+-]{1,60});base64,((?:[A-Za-z0-9+/=]|\\?\r?\n)+)")
_SCRIPT = re.compile(r"<script\b[^<>]*>", re.IGNORECASE)
_END = re.compile(r"</script", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Page:
    text: str
    """With placeholders where files and data were."""
    files: tuple[tuple[str, str], ...]
    """Mime type and base64 of each."""
    data: tuple[Tree, ...]
    """What stands in its scripts."""


def compare_html(a: Text, b: Text, context: Context) -> Judgement | None:
    """None when the pages say the same."""
    if a.digest == b.digest:
        return None
    if a.text == b.text or a.mime != b.mime:
        return compare_text(a, b, context)
    left, right = _read(a.text), _read(b.text)
    if len(left.files) != len(right.files) or len(left.data) != len(right.data):
        return compare_text(a, b, context)
    judgement = combined(
        [
            *_compare_text(left.text, right.text, context),
            *compared_data(list(left.data), list(right.data), context),
            *((f"file {number}", _compare_files(x, y)) for number, (x, y) in _pairs(left, right)),
        ]
    )
    if judgement is None and left != right:
        shown = cut_pair(a.text, b.text)
        return Judgement(sameness=Sameness.NORMALISED, a=shown[0], b=shown[1], note="generated-id", parts=("all",))
    return judgement


def page_parts(text: str) -> tuple[str, Sequence[str], Sequence[Tree]]:
    """A page with placeholders where files and data were, the files as base64, and the data in its scripts."""
    page = _read(text)
    return page.text, [f"{mime} {content}" for mime, content in page.files], page.data


def _pairs(a: _Page, b: _Page) -> list[tuple[int, tuple[tuple[str, str], tuple[str, str]]]]:
    return list(enumerate(zip(a.files, b.files, strict=True), start=1))


def _read(text: str) -> _Page:
    files: list[tuple[str, str]] = []

    def take(match: re.Match[str]) -> str:
        if not is_binary(match.group(1)):
            return match.group()
        files.append((match.group(1), match.group(2).replace("\\", "")))
        return f"data:{match.group(1)};(file {len(files)})"

    text = _FILE.sub(take, text)
    pieces = []
    data: list[Tree] = []
    at = 0
    while (begin := _SCRIPT.search(text, at)) is not None and (end := _END.search(text, begin.end())) is not None:
        code, found = take_data(text[begin.end() : end.start()])
        pieces += [text[at : begin.end()], code]
        data += found
        at = end.start()
    return _Page(text="".join([*pieces, text[at:]]), files=tuple(files), data=tuple(data))


def _compare_text(a: str, b: str, context: Context) -> list[tuple[str, Judgement | None]]:
    a_lines, b_lines = markup_lines(a), markup_lines(b)
    if a_lines == b_lines:
        return []
    own = (context.a_own, context.b_own)
    a_norm, b_norm, names = normalise_pair("\n".join(a_lines), "\n".join(b_lines), own, markup=True)
    if a_norm == b_norm:
        shown = next(cut_pair(x, y) for x, y in zip(a_lines, b_lines, strict=False) if x != y)
        note = ", ".join(names)
        return [("", Judgement(sameness=Sameness.NORMALISED, a=shown[0], b=shown[1], note=note, parts=("all",)))]
    a_cut, b_cut = cut_tables(a_norm.split("\n")), cut_tables(b_norm.split("\n"))
    if a_cut is None or b_cut is None or len(a_cut[1]) != len(b_cut[1]):
        return [("", judge_lines(a_norm, b_norm, names, context))]
    (a_rest, a_grids), (b_rest, b_grids) = a_cut, b_cut
    tables = enumerate(zip(a_grids, b_grids, strict=True), start=1)
    alone = len(a_grids) == 1
    return [
        *(("" if alone else f"table {n}", compare_grids(x, y, names, context)) for n, (x, y) in tables),
        ("", judge_lines("\n".join(a_rest), "\n".join(b_rest), names, context)),
    ]


def _compare_files(a: tuple[str, str], b: tuple[str, str]) -> Judgement | None:
    if a == b:
        return None
    contents = [_content(data) for _mime, data in (a, b)]
    if a[0] == b[0] and contents[0] is not None and contents[1] is not None:
        if contents[0] == contents[1]:
            return None
        if a[0].startswith("image/"):
            return compare_pictures(contents[0], contents[1], a[0])
    note = "compared by digest (no comparator for it)" if a[0] == b[0] else f"type {a[0]} | {b[0]}"
    return Judgement(sameness=Sameness.DIFFERENT, a=a[0], b=b[0], note=note, parts=("all",))


def _content(data: str) -> bytes | None:
    try:
        return base64.b64decode("".join(data.split()), validate=True)
    except binascii.Error:
        return None
