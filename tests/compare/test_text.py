"""Text: as a terminal or a browser shows it, numbers as numbers, orders told from values."""

from __future__ import annotations

import pytest

from pytest_reprocheck.compare.judging import Judgement
from pytest_reprocheck.compare.markup import markup_lines
from pytest_reprocheck.compare.terminal import screen_lines
from pytest_reprocheck.core.findings import Sameness
from pytest_reprocheck.core.tolerance import Tolerance
from tests.compare.values import Lab, text

MATPLOTLIB = '<svg><dc:date>{date}</dc:date><path clip-path="url(#{id})"/><text>{score}</text></svg>'
PLOT_A = MATPLOTLIB.format(date="2026-01-02T03:04:05", id="p3fa9b2c1d0", score="0.5")


@pytest.mark.parametrize(
    ("drawn", "shown"),
    [
        ("plain\n", ["plain"]),
        ("a\r\nb\r\n", ["a", "b"]),
        (" 10%\r 50%\r100%\n", ["100%"]),
        ("longer\rab", ["abnger"]),
        ("ab\b\bc", ["cb"]),
        ("ab\b\b\b\b\bc", ["cb"]),
        ("abc\bX", ["abX"]),
        ("a long step\x1b[2K\rend", ["end"]),
        ("step 1\x1b[2K\rstep 2", ["step 2"]),
        ("long line\r\x1b[Kend", ["end"]),
        ("outer 1\ninner 1\x1b[A\router 2\ninner 2", ["outer 2", "inner 2"]),
        ("one\n\n\n", ["one"]),
        ("", []),
    ],
)
def test_lines_as_a_terminal_shows_them(drawn: str, shown: list[str]) -> None:
    """Carriage returns, backspaces, erasing and moves upwards act on what was drawn before."""
    assert screen_lines(drawn) == shown


def test_progress_that_ends_alike_is_identical(lab: Lab) -> None:
    """Another number of updates on the way is no difference at all."""
    assert lab.compare(text("1/3\r2/3\r3/3\n"), text("1/3\r3/3\n")) is None


def test_colours_have_a_normaliser_of_their_own(lab: Lab) -> None:
    """The same words in another colour are equal after ``ansi``."""
    assert lab.judged(text("\x1b[31mred\x1b[0m"), text("\x1b[32mred\x1b[0m")) == ("equal after normalisers", "ansi")


@pytest.mark.parametrize(
    ("a", "b", "sameness", "note"),
    [
        ("loss 0.12345678901", "loss 0.12345678902", "within tolerance", "numbers within tolerance"),
        ("-1e-17 x", " 1e-17 x", "within tolerance", "numbers within tolerance"),
        ("x 0.50\n  y", "x 0.500000001\n    y", "within tolerance", "numbers within tolerance"),
        ("count 12", "count 13", "different", ""),
        ("a\nb 1\nc", "a\nb 2\nc", "different", "1 of 3 lines differ"),
        ("a\nc", "a\nb\nc", "different", "1 of 3 lines differ"),
        ("a b", "a  b", "different", "white space"),
        ("model A B", "model AB", "different", ""),
        ("nan", "0.5", "different", ""),
        ("b\na", "a\nb", "ordering only", "lines reordered"),
        ("{'a', 'b'}", "{'b', 'a'}", "ordering only", "members reordered"),
        ("{'a': 1, 'b': 2}", "{'b': 2, 'a': 1}", "ordering only", "members reordered"),
        ("Index(['x', 'y'])", "Index(['y', 'x'])", "ordering only", "members reordered"),
        ("[['a',\n 'b'],\n ['c']]", "[['c'],\n ['b',\n 'a']]", "ordering only", "members reordered"),
        ("{'a': 1, 'b': 2}", "{'a': 2, 'b': 1}", "different", ""),
        ("(3, 5)", "(5, 3)", "different", ""),
        ("[(3, 5)]", "[(5, 3)]", "different", ""),
        ("[1 2 3]", "[3 1 2]", "ordering only", "members reordered"),
        ("12 of 21", "21 of 12", "different", ""),
    ],
)
def test_verdicts_on_printed_text(a: str, b: str, sameness: str, note: str, lab: Lab) -> None:
    """Close numbers, other numbers, other orders and other words are told apart."""
    assert lab.judged(text(a), text(b)) == (sameness, note)


def test_a_tolerance_holds_for_printed_numbers(lab: Lab) -> None:
    """The user's tolerance takes the place of the default."""
    loose = Tolerance(rtol=0.1, atol=0.0)

    assert lab.judged(text("loss 0.50"), text("loss 0.52"), tolerance=loose)[0] == "within tolerance"


def test_the_first_differing_line_is_shown_and_the_next_listed(lab: Lab) -> None:
    """A report says where two printed texts part."""
    a, b = text("x\nauc 0.91\nf1 0.80\n"), text("x\nauc 0.92\nf1 0.81\n")

    assert lab.compare(a, b) == Judgement(
        sameness=Sameness.DIFFERENT,
        a="auc 0.91",
        b="auc 0.92",
        note="2 of 3 lines differ",
        details=("line 3: f1 0.80 | f1 0.81",),
        parts=("line 2", "line 3"),
        pairs=(("auc 0.91", "auc 0.92"), ("f1 0.80", "f1 0.81")),
    )


def test_a_long_line_is_cut_around_the_field_that_differs(lab: Lab) -> None:
    """What differs is seen, however far to the right."""
    judgement = lab.compare(text("=" * 500 + " auc 0.91"), text("=" * 500 + " auc 0.92"))

    assert judgement is not None
    assert judgement.a.endswith("auc 0.91")
    assert judgement.b.endswith("auc 0.92")
    assert max(len(judgement.a), len(judgement.b)) <= 80


def test_a_text_of_another_type_differs(lab: Lab) -> None:
    """Text and markup are not compared line by line."""
    assert lab.judged(text("x"), text("x", "text/html")) == ("different", "type text/plain | text/html")


def test_markup_is_one_line_for_each_tag_and_text() -> None:
    """Cells stand alone, so that their numbers compare as numbers; scripts are told from text."""
    assert markup_lines("<td  class='x'> 1.5 </td><style>\n#T { }</style>a < b") == [
        "<td class='x'>", "1.5", "</td>", "<style>", "<style> #T { }", "</style>", "a &lt; b",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("a", "b", "sameness", "note"),
    [
        ("<td>0.5</td>", "<td>0.50000000001</td>", "within tolerance", "numbers within tolerance"),
        ("<td>0.5</td>", "<td>0.6</td>", "different", "1 of 3 lines differ"),
        ('<table id="T_1a2b3">', '<table id="T_9f8e7">', "equal after normalisers", "generated-id"),
        ("<style>#T_1a2b3 {}</style>", "<style>#T_9f8e7 {}</style>", "equal after normalisers", "generated-id"),
        ('<div id="sk-container-id-1">', '<div id="sk-container-id-12">', "equal after normalisers", "generated-id"),
        ("<td>T_1a2b3</td>", "<td>T_9f8e7</td>", "different", "1 of 3 lines differ"),
        ("<td>2f1c6a52-1111-4222-8333-123456789abc</td>", "<td>2f1c6a52-1111-4222-8333-123456789abd</td>",
         "different", "1 of 3 lines differ"),
        ('<div id="2f1c6a52-1111-4222-8333-123456789abc">', '<div id="3f1c6a52-1111-4222-8333-123456789abc">',
         "equal after normalisers", "generated-id"),
    ],
)  # fmt: skip
def test_verdicts_on_html(a: str, b: str, sameness: str, note: str, lab: Lab) -> None:
    """Generated ids go in tags, styles and scripts alone; the text of a cell is a result."""
    assert lab.judged(text(a, "text/html"), text(b, "text/html")) == (sameness, note)


def test_svg_differs_by_more_than_its_date_and_ids(lab: Lab) -> None:
    """matplotlib's date and random ids are noise, a drawn number is none."""
    svg = "image/svg+xml"
    redrawn = MATPLOTLIB.format(date="2026-01-02T09:09:09", id="pffffffffff", score="0.5")
    changed = MATPLOTLIB.format(date="2026-01-02T09:09:09", id="pffffffffff", score="0.7")

    assert lab.judged(text(PLOT_A, svg), text(redrawn, svg)) == ("equal after normalisers", "generated-id, svg-date")
    assert lab.judged(text(PLOT_A, svg), text(changed, svg))[0] == "different"


def test_numbers_in_json_compare_as_numbers(lab: Lab) -> None:
    """JSON is written with one value a line."""
    mime = "application/json"
    close, far = '{\n "auc": 0.9100000000001\n}', '{\n "auc": 0.92\n}'

    assert lab.judged(text('{\n "auc": 0.91\n}', mime), text(close, mime))[0] == "within tolerance"
    assert lab.judged(text('{\n "auc": 0.91\n}', mime), text(far, mime))[0] == "different"
