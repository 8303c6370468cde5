"""Scripts in JavaScript, as charts are sent: the data that stand in them apart from their code."""

from __future__ import annotations

import json
import re

from pytest_reprocheck.compare.charts import Tree
from pytest_reprocheck.compare.documents import compare_documents, exact_float, is_shallow
from pytest_reprocheck.compare.judging import Context, Judgement, combined, cut_pair
from pytest_reprocheck.compare.text import compare_text
from pytest_reprocheck.core.findings import Sameness
from pytest_reprocheck.core.values import Text

SCRIPTS = ("application/javascript", "text/javascript")
_BEGIN = re.compile(r'\{\s{0,20}"|\[\s{0,20}[\[{"\d-]')
_MAX_TRIES = 5_000
"""Places that look like data; those beyond are compared as text."""


def compare_scripts(a: Text, b: Text, context: Context) -> Judgement | None:
    """None when the texts are equal."""
    if a.digest == b.digest:
        return None
    if a.text == b.text or a.mime != b.mime:
        return compare_text(a, b, context)
    (a_code, a_data), (b_code, b_data) = take_data(a.text), take_data(b.text)
    if len(a_data) != len(b_data):
        return compare_text(a, b, context)
    # Whatever name it was sent under: bokeh sends scripts as JSON of its own.
    code = compare_text(
        Text(text=a_code, mime=SCRIPTS[0], digest=a_code), Text(text=b_code, mime=SCRIPTS[0], digest=b_code), context
    )
    judgement = combined([("", code), *compared_data(a_data, b_data, context)])
    if judgement is None:
        shown = cut_pair(a.text, b.text)
        return Judgement(sameness=Sameness.NORMALISED, a=shown[0], b=shown[1], note="generated-id", parts=("all",))
    return judgement


def compared_data(a: list[Tree], b: list[Tree], context: Context) -> list[tuple[str, Judgement | None]]:
    """Judgements on as many data of either side, in their order."""
    pairs = enumerate(zip(a, b, strict=True), start=1)
    return [(f"data {number}", compare_documents(x, y, context)) for number, (x, y) in pairs]


def take_data(code: str) -> tuple[str, list[Tree]]:
    """A script with placeholders where it holds JSON, and these data. Takes time in proportion to the length."""
    decoder = json.JSONDecoder(parse_float=exact_float)
    pieces: list[str] = []
    found: list[Tree] = []
    done = at = wasted = tries = 0
    while (begin := _BEGIN.search(code, at)) is not None and tries < _MAX_TRIES and wasted <= len(code):
        tries += 1
        start = begin.start()
        try:
            tree, end = decoder.raw_decode(code, start)
        except json.JSONDecodeError as error:
            wasted += error.pos - start
            at = start + 1
            continue
        except (RecursionError, ValueError):
            break
        if is_shallow(tree):
            pieces += [code[done:start], f"(data {len(found) + 1})"]
            found.append(tree)
            done = end
        at = end
    return "".join([*pieces, code[done:]]), found
