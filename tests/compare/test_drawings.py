"""SVG and PDF: what is drawn, without metadata and generated names."""

from __future__ import annotations

import io
import zlib
from typing import Any

import pytest

from tests.compare.values import Lab, text

SVG = "image/svg+xml"
PDF = "application/pdf"

DRAWN = """<?xml version="1.0"?><!-- Created with matplotlib {date} -->
<svg><metadata><dc:date>{date}</dc:date></metadata>
<defs><clipPath id="{id}"><rect x="1.5" y="2" width="3" height="4"/></clipPath><path id="m{id}" d="M 0 3 L 1 2"/></defs>
<g clip-path="url(#{id})"><use xlink:href="#m{id}" x="{x}"/><text>{score}</text></g></svg>"""


def svg(**changes: str) -> str:
    """A drawing."""
    return DRAWN.format(**{"date": "2026-01-02", "id": "p3fa9b2c1d0", "x": "1.25", "score": "0.5"} | changes)


@pytest.mark.parametrize(
    ("changes", "sameness", "note"),
    [
        ({"date": "2027-05-06"}, "equal after normalisers", "svg-metadata"),
        ({"id": "pffffffffff"}, "equal after normalisers", "svg-metadata"),
        ({"id": "clip"}, "equal after normalisers", "svg-metadata"),
        ({"x": "1.2501"}, "within tolerance", "numbers within tolerance"),
        ({"x": "1.26"}, "different", "1 of 15 lines differ"),
        ({"score": "0.7"}, "different", "1 of 15 lines differ"),
        ({"score": "0.50001"}, "different", "1 of 15 lines differ"),
    ],
)
def test_verdicts_on_svg(changes: dict[str, str], sameness: str, note: str, lab: Lab) -> None:
    """Dates, comments and names are not drawn; places are, to a thousandth; words are exact."""
    assert lab.judged(text(svg(), SVG), text(svg(**changes), SVG)) == (sameness, note)


def test_svg_is_as_itself_and_differs_from_none(lab: Lab) -> None:
    """Broken drawings are compared as text."""
    whole = text(svg(), SVG)

    assert lab.compare(whole, whole) is None
    assert lab.judged(whole, text("", SVG))[0] == "different"
    assert lab.judged(whole, text(svg()[:200], SVG))[0] == "different"
    a, b = (text(f"<svg><metadata>{score}", SVG) for score in (1, 2))
    assert lab.judged(a, b)[0] == "different"


def test_which_element_is_used_counts(lab: Lab) -> None:
    """Names are numbered, not blotted out."""
    two = '<svg><path id="a" d="M 1"/><path id="b" d="M 2"/><use href="#{}"/></svg>'

    assert lab.judged(text(two.format("a"), SVG), text(two.format("b"), SVG))[0] == "different"


@pytest.mark.parametrize("piece", ["<metadata>", '<g id="a">', "url(#", "<!--", '<path d="1 ', '<use x="1" x="1"'])
def test_drawings_made_to_be_slow_take_little_time(piece: str, lab: Lab) -> None:
    """And are called equal in no case."""
    page = piece * 5_000

    assert lab.judged(text(f"{page}>1", SVG), text(f"{page}>2", SVG))[0] == "different"


def pdf(*, drawn: str = "1 0 0 1 72 720 cm (0.5) Tj", date: str = "D:20260102", packed: bool = True) -> bytes:
    """A document of one page."""
    stream = zlib.compress(drawn.encode()) if packed else drawn.encode()
    kind = b"/Filter /FlateDecode " if packed else b""
    return b"".join(
        [
            b"%PDF-1.4\n1 0 obj\n<< /Type /Page /Contents 2 0 R >>\nendobj\n",
            b"2 0 obj\n<< %s/Length %d >>\nstream\n%s\nendstream\nendobj\n" % (kind, len(stream), stream),
            b"3 0 obj\n<< /CreationDate (%s) /Title (t) >>\nendobj\n" % date.encode(),
            b"xref\n0 4\ntrailer\n<< /Info 3 0 R /ID [<%s>] >>\n%%%%EOF" % date.encode().hex().encode(),
        ]
    )


@pytest.mark.parametrize(
    ("changes", "sameness", "note"),
    [
        ({"date": "D:20270506"}, "equal after normalisers", "pdf-metadata"),
        ({"drawn": "1 0 0 1 72.0 720 cm (0.7) Tj"}, "different", "1 of {} lines differ"),
        ({"drawn": "1 0 0 1 72.00000001 720 cm (0.5) Tj"}, "within tolerance", "numbers within tolerance"),
    ],
)
@pytest.mark.parametrize("packed", [True, False])
def test_verdicts_on_pdf(
    changes: dict[str, Any], sameness: str, note: str, packed: bool, lab: Lab
) -> None:  # fmt: skip
    """Dates and ids are not drawn; streams are unpacked."""
    plain: dict[str, Any] = {"drawn": "1 0 0 1 72.0 720 cm (0.5) Tj", "packed": packed}
    a, b = (lab.encoded(pdf(**each), PDF) for each in (plain, plain | changes))

    assert lab.judged(a, b) == (sameness, note.format(4 if packed else 3))


def test_what_differs_on_a_page_is_shown(lab: Lab) -> None:
    """With the object that it stands in."""
    a, b = (lab.encoded(pdf(drawn=f"({score}) Tj"), PDF) for score in (0.5, 0.7))
    judgement = lab.compare(a, b)

    assert judgement is not None
    assert (judgement.a, judgement.b) == ("(0.5) Tj", "(0.7) Tj")
    assert judgement.parts[0].startswith("object 2: line")
    assert lab.compare(a, a) is None


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"no pages", "cannot be read: compared by digest"),
        (pdf().replace(b"/Title", b"/Encrypt"), "encrypted: compared by digest"),
        (pdf()[:150], "cut off: compared by digest"),
        (b"%PDF-1.4\n", "cannot be read: compared by digest"),
    ],
)
def test_documents_that_cannot_be_read_differ_by_digest(content: bytes, why: str, lab: Lab) -> None:
    """Which is said."""
    assert lab.judged(lab.encoded(pdf(), PDF), lab.encoded(content, PDF)) == ("different", why)
    assert lab.judged(lab.encoded(pdf(), PDF, kept=False), lab.encoded(content, PDF))[1].startswith("too large to keep")


def test_streams_that_cannot_be_unpacked_still_count(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """Broken, or growing without end."""
    monkeypatch.setattr("pytest_reprocheck.compare.pdf._MAX_UNPACKED", 1_000)
    bombs = [pdf(drawn=f"{number}" + "0" * 100_000) for number in (1, 2)]
    broken = [pdf(packed=False, drawn=drawn).replace(b"<< /Length", b"<< /FlateDecode /Length") for drawn in ("a", "b")]

    for a, b in (bombs, broken):
        assert lab.judged(lab.encoded(a, PDF), lab.encoded(b, PDF))[0] == "different"


@pytest.mark.parametrize("piece", [b"1 0 obj ", b"1 0 obj stream\n", b"endobj ", b"/ID [", b"/CreationDate (\\"])
def test_documents_made_to_be_slow_take_little_time(piece: bytes, lab: Lab) -> None:
    """Thousands of beginnings without an end."""
    page = b"%PDF-1.4\n" + piece * 10_000

    assert lab.judged(lab.encoded(page + b"1", PDF), lab.encoded(page + b"2", PDF))[0] == "different"


def drawing(kind: str, last: int) -> bytes:
    """A figure of matplotlib's, which stamps it with the time."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(2, 2))
    axes = figure.subplots()
    axes.plot([1, 2, last])
    axes.scatter([1, 2, 3], [1, 2, last], c=[1, 2, 3])
    buffer = io.BytesIO()
    figure.savefig(buffer, format=kind)
    return buffer.getvalue()


@pytest.mark.parametrize("kind", ["svg", "pdf"])
def test_figures_of_matplotlib(kind: str, lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """Drawn at two moments, they are the same; with other data they are not."""
    contents = []
    for moment, last in (("1", 3), ("1000000000", 3), ("1", 4)):
        monkeypatch.setenv("SOURCE_DATE_EPOCH", moment)
        contents.append(drawing(kind, last))
    values = [
        text(content.decode(), SVG) if kind == "svg" else lab.encoded(content, PDF) for content in contents
    ]  # fmt: skip

    assert contents[0] != contents[1]
    assert lab.judged(values[0], values[1])[0] == "equal after normalisers"
    assert lab.judged(values[0], values[2])[0] == "different"
