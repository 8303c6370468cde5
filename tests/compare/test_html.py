"""HTML: tables by cell, charts by their data, embedded pictures by pixels, the rest as text."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest
from PIL import Image as Pillow

from pytest_reprocheck.compare.grids import cut_tables
from pytest_reprocheck.compare.markup import markup_lines
from tests.compare.values import Lab, text


def table(*rows: str, head: str = "<th></th><th>age</th><th>plan</th>") -> str:
    """A table as pandas writes it."""
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    return f'<table border="1" class="dataframe"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'


def row(label: str, *cells: object) -> str:
    """One row with its label."""
    return f"<th>{label}</th>" + "".join(f"<td>{cell}</td>" for cell in cells)


def judged(lab: Lab, a: str, b: str) -> tuple[str, str]:
    """Sameness and note of two pages."""
    return lab.judged(text(a, "text/html"), text(b, "text/html"))


def shown(lab: Lab, a: str, b: str) -> tuple[str, str]:
    """What a report shows of two pages that differ."""
    judgement = lab.compare(text(a, "text/html"), text(b, "text/html"))
    assert judgement is not None
    return judgement.a, judgement.b


FRAME = table(row("x", 31, "a"), row("y", 33, "b"))


@pytest.mark.parametrize(
    ("other", "sameness", "note"),
    [
        (table(row("x", 31, "a"), row("y", 34, "b")), "different", "1 of 4 cells differ"),
        (table(row("x", 31, "a"), row("y", "33.000000000001", "b")), "within tolerance", "numbers within tolerance"),
        (table(row("y", 33, "b"), row("x", 31, "a")), "ordering only", "rows reordered"),
        (table(row("x", 33, "b"), row("y", 31, "a")), "ordering only", "rows reordered"),
        (table(row("x", "a", 31), row("y", "b", 33), head="<th></th><th>plan</th><th>age</th>"),
         "ordering only", "columns reordered"),
        (table(row("x", 31, "a")), "different", "2 rows | 1 rows"),
        (table(row("x", 31, "a"), row("z", 33, "b")), "different", "rows only in A: y; only in B: z"),
        (table(row("x", 31, "a"), row("y", 33, "b"), head="<th></th><th>age</th><th>tariff</th>"),
         "different", "columns only in A: plan; only in B: tariff"),
        (table(row("x", 31, "a"), row("y", 33, "b"), head="<th>id</th><th>age</th><th>plan</th>"),
         "different", "1 of 3 lines differ"),
        (FRAME.replace("<thead>", "<caption>Ages</caption><thead>"),
         "different", "1 of 3 lines differ, 1 more pieces differ"),
        (FRAME.replace("<td>33", "<td style='color: red'>33"), "different", "1 of 30 lines differ"),
        (f"<p>text</p>{FRAME}", "different", "3 of 4 lines differ"),
    ],
)  # fmt: skip
def test_verdicts_on_tables(other: str, sameness: str, note: str, lab: Lab) -> None:
    """Cells, rows, columns, headers, captions and styles are told apart; nothing of a table is left out."""
    assert judged(lab, FRAME, other) == (sameness, note)


def test_a_cell_is_named_by_column_and_row(lab: Lab) -> None:
    """With both values."""
    assert shown(lab, FRAME, FRAME.replace("33", "34")) == ("age[y]: 33", "age[y]: 34")


def test_levels_of_headers_and_labels() -> None:
    """Names of several levels are joined; a cell that spans rows is the label of each."""
    page = (
        "<table><tr><th></th><th></th><th colspan=2>score</th></tr><tr><th></th><th></th><th>a</th><th>b</th></tr>"
        "<tr><th rowspan=2>2024</th><th>q1</th><td>1</td><td>2</td></tr><tr><th>q2</th><td>3</td><td>4</td></tr>"
        "</table>"
    )
    cut = cut_tables(markup_lines(page))

    assert cut is not None
    ((rest, (grid,)),) = (cut,)
    assert rest == ["(table 1)"]
    assert (grid.columns, grid.rows) == (("score/a", "score/b"), ("2024/q1", "2024/q2"))
    assert grid.cells == (("1", "2"), ("3", "4"))


def test_tables_that_are_broken_are_compared_as_text(lab: Lab) -> None:
    """Never closed, closed twice, or one more than the other has."""
    for broken in (FRAME.replace("</table>", ""), FRAME + "</table>", FRAME + FRAME):
        assert judged(lab, FRAME, broken)[0] == "different"
        assert judged(lab, broken, broken.replace("33", "34"))[0] == "different"


def test_generated_ids_are_noise_and_text_is_none(lab: Lab) -> None:
    """Ids of animations and maps in tags and scripts; the same form in a cell is a result."""
    page = '<img id="_anim_img{0}"><script>var map_{0} = new L.map("map_{0}");</script><p>{1}</p>'
    a, b = "a" * 31 + "1", "b" * 31 + "2"

    assert judged(lab, page.format(a, 1), page.format(b, 1)) == ("equal after normalisers", "generated-id")
    assert judged(lab, f"<p>map_{a}</p>", f"<p>map_{b}</p>")[0] == "different"
    assert judged(lab, f'<img src="plot_{a}.png">', f'<img src="plot_{b}.png">')[0] == "different"


def chart(score: float, uuid: str = "0") -> str:
    """A figure of plotly's in a page."""
    name = f"{uuid * 8}-1111-4111-8111-111111111111"
    traces = f'[{{"name": "train", "type": "scatter", "y": [1, 2, {score}]}}]'
    return f'<div id="{name}"></div><script>if (1) {{ Plotly.newPlot("{name}", {traces}, {{"title": "t"}}) }};</script>'


def test_charts_in_scripts_are_compared_by_their_data(lab: Lab) -> None:
    """What stands beside the data is code, and its ids are noise."""
    assert judged(lab, chart(3), chart(3, "a")) == ("equal after normalisers", "generated-id")
    assert shown(lab, chart(3.5), chart(4.5, "a")) == ("trace 0 'train' y[2]: 3.5", "trace 0 'train' y[2]: 4.5")
    script = chart(3).partition("<script>")[2].partition("</script>")[0]
    a, b = (text(script.replace("3]", value), "application/javascript") for value in ("3.5]", "4.5]"))
    assert lab.judged(a, b) == ("different", "1 of 3 values differ, largest change 1")
    assert lab.judged(a, text(script.replace("if (1)", "if (2)"), a.mime))[0] == "different"
    assert lab.compare(a, a) is None
    assert lab.judged(a, text("", a.mime))[0] == "different"


def embedded(shade: int, comment: str = "", kind: str = "image/png") -> str:
    """A page with a picture in it."""
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    info.add_text("Comment", comment)
    buffer = io.BytesIO()
    Pillow.fromarray(np.full((4, 4), shade, dtype=np.uint8)).save(buffer, "png", pnginfo=info)
    return f'<img src="data:{kind};base64,{base64.b64encode(buffer.getvalue()).decode()}">'


def test_embedded_pictures_are_compared_by_pixels(lab: Lab) -> None:
    """And other files by digest, which is said."""
    assert judged(lab, embedded(10), embedded(10, "later")) == ("equal after normalisers", "pixel-identical")
    assert judged(lab, embedded(10), embedded(99))[1].startswith("16 of 16 pixels differ (100.00 %)")
    assert judged(lab, embedded(10, kind="audio/wav"), embedded(99, kind="audio/wav")) == (
        "different", "compared by digest (no comparator for it)",
    )  # fmt: skip
    assert judged(lab, embedded(10), embedded(10, kind="audio/wav"))[0] == "different"
    broken = embedded(10).replace("iVBOR", "iVBO=")
    assert judged(lab, embedded(10), broken)[0] == "different"


@pytest.mark.parametrize(
    "piece",
    ["<table>", "<tr><td>", "</table>", "<script>", '<script>{"a":', "[1,", '[{"', "<td colspan=99999999 rowspan=999>",
     "data:image/png;base64,", "<th rowspan=9><table>", "<!--", "<"],
)  # fmt: skip
def test_pages_made_to_be_slow_take_little_time(piece: str, lab: Lab) -> None:
    """Thousands of beginnings without an end; each is compared in the end, and none is called equal."""
    page = piece * 5_000

    assert judged(lab, f"{page}1", f"{page}2")[0] == "different"
    assert judged(lab, f"<table><tr>{page}<td>1", f"<table><tr>{page}<td>2")[0] == "different"
