"""For each comparator of the table: values that it compares, and what becomes of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from hypothesis import strategies as st

from pytest_reprocheck.core.trace import Aspect
from pytest_reprocheck.core.values import Array, Image, Object, Scalar, Text, Value
from tests.compare.values import Lab, display, items, opaque, scalar, text, thing

Differing = tuple[Value, Value, str, str]
"""Two values, how much they have in common, and a part of what is said: the note, or what is shown of either side."""
Pair = tuple[Value, Value]


@dataclass(frozen=True, kw_only=True)
class Sample:
    """What one comparator is tested with; each part is made in a folder of blobs."""

    differing: Callable[[Lab], list[Differing]]
    """Expected differences; the first value of each is also compared with itself."""
    broken: Callable[[Lab], list[Pair]]
    """A value and one that is not there, not kept, cut or broken, where it may be: never identical by silence."""
    hostile: Callable[[Lab], list[Pair]]
    """Values made to be slow, deep, huge or to break a reader, each with one that differs from it."""
    drawn: Callable[[Lab], st.SearchStrategy[Value]]
    """Any values of this kind."""
    aspect: Aspect = "outputs"
    what: str = "stdout"


FLOATS = st.lists(st.floats(width=32), min_size=1, max_size=4)
WORDS = st.text(alphabet="ab1.5 <>{}[]\"'=:\n", max_size=30)
DEEP = 3_000
"""Levels of what is nested without end."""
LONG = 5_000


def without_blob(value: Value) -> Value:
    """The value, its data gone from the folder of blobs."""
    assert isinstance(value, (Array, Image))
    return replace(value, blob="gone.npy")


def told_bytes(size: int, blocks: Value, reason: str = "no format that is known") -> Object:
    """A file that is told by its bytes."""
    numbers = {"size": scalar(size), "block size": scalar(4096), "reason": scalar(reason)}
    found = thing("bytes", blocks=blocks)
    fields: dict[str, Value] = {**found.fields, **numbers}
    return replace(found, fields=fields, digest=f"{size}{blocks.digest}{reason}")


def sent(mime: str) -> Callable[[str], Text]:
    """Makes texts of this mime type."""
    return lambda content: text(content, mime)


html, svg, as_json = sent("text/html"), sent("image/svg+xml"), sent("application/json")
script, log = sent("application/javascript"), sent("text/x-log")


def markup(make: Callable[[str], Text], start: str, end: str, piece: str) -> Callable[[Lab], list[Pair]]:
    """Unclosed, repeated and nested markup."""
    return lambda _lab: [
        (make(start + piece * LONG), make(start + piece * LONG + "x" + end)),
        (make(start + "<g>" * DEEP + end), make(start + "<g>" * DEEP + "1" + end)),
        (make("\x00\ud800<"), make("\x00\ud801<!--")),
    ]


def pdf(lab: Lab, content: str) -> Image:
    """A document of one object."""
    return lab.encoded(f"%PDF-1.4\n1 0 obj\n{content}\nendobj\n%%EOF".encode(), "application/pdf")


def square(lab: Lab, value: int, size: int = 8) -> Image:
    """A picture with one bright point."""
    pixels = np.zeros((size, size, 3), dtype=np.uint8)
    pixels[0, 0] = value
    return lab.image(pixels)


def nested(value: Value, levels: int) -> Value:
    """A value in that many lists."""
    for _ in range(levels):
        value = items([value])
    return value


SAMPLES: Mapping[str, Sample] = {
    "unknown": Sample(
        differing=lambda lab: [(opaque(), scalar(1), "identical", "")],
        broken=lambda lab: [],
        hostile=lambda lab: [],
        drawn=lambda lab: st.sampled_from(["a.Lock", "b.File"]).map(opaque),
    ),
    "predictions": Sample(
        aspect="predictions",
        what="LogisticRegression.predict_proba",
        differing=lambda lab: [
            (lab.array([0, 1, 1]), lab.array([0, 1, 0]), "different", "1 of 3"),
            (lab.array([[0.9, 0.1]]), lab.array([[0.8, 0.2]]), "same decisions", "0.1"),
        ],
        broken=lambda lab: [(lab.array([0, 1]), lab.array([1, 1], kept=False)),
                            (lab.array([0, 1]), without_blob(lab.array([1, 1]))),
                            (lab.array([[0.9, 0.1]]), scalar("nothing"))],
        hostile=lambda lab: [(lab.array(np.zeros((0, 2))), lab.array(np.zeros((0, 3)))),
                             (lab.array([[np.nan, np.inf]]), lab.array([[np.inf, np.nan]])),
                             (lab.objects(["a"] * LONG), lab.objects(["b"] * LONG))],
        drawn=lambda lab: FLOATS.map(lab.array),
    ),
    "array": Sample(
        differing=lambda lab: [
            (lab.array([1.0, 2.0]), lab.array([1.0, 2.5]), "different", "1 of 2 values differ"),
            (lab.array([1.0, 2.0]), lab.array([2.0, 1.0]), "ordering only", ""),
            (lab.array([1.0]), lab.array([1.0 + 1e-9]), "within tolerance", ""),
        ],
        broken=lambda lab: [(lab.array([1.0]), lab.array([2.0], kept=False)),
                            (lab.array([1.0]), without_blob(lab.array([2.0]))),
                            (lab.array([1.0]), lab.objects(["1.0"]))],
        hostile=lambda lab: [(lab.array(np.full(3, np.nan)), lab.array([np.nan, np.nan, -np.inf])),
                             (lab.array(np.zeros((0, 5))), lab.array(np.zeros((5, 0)))),
                             (lab.array(np.array(["\ud800", "\x1b[2J"])), lab.array(np.array(["\ud801", ""])))],
        drawn=lambda lab: FLOATS.map(lab.array),
    ),
    "table": Sample(
        differing=lambda lab: [
            (lab.table([("a", [1, 2])]), lab.table([("a", [1, 3])]), "different", "a"),
            (lab.table([("a", [1]), ("b", [2])]), lab.table([("b", [2]), ("a", [1])]), "ordering only", "swapped"),
            (lab.table([("a", [1, 2])]), lab.table([("a", [2, 1])]), "ordering only", "rows reordered"),
        ],
        broken=lambda lab: [(lab.table([("a", [1])]), lab.table([("a", [2])], kept=False)),
                            (lab.table([("a", [1])]), lab.table([])),
                            (lab.table([("a", [1])]), scalar(None))],
        hostile=lambda lab: [(lab.table([("a", [1])] * 300), lab.table([("a", [2])] * 300)),
                             (lab.table([("\ud800\n", [np.nan])]), lab.table([("\x1b", [np.nan])])),
                             (lab.table([("a", [])]), lab.table([("a", [1.0])]))],
        drawn=lambda lab: FLOATS.map(lambda column: lab.table([("x", column)])),
    ),
    "html": Sample(
        differing=lambda lab: [
            (html("<table><tr><th>a</th></tr><tr><td>1</td></tr></table>"),
             html("<table><tr><th>a</th></tr><tr><td>2</td></tr></table>"), "different", "a"),
            (html("<p>at 0x7f0000000001</p>"), html("<p>at 0x7f0000000002</p>"), "equal after normalisers", "address"),
        ],
        broken=lambda lab: [(html("<table><tr><td>1"), html("<table><tr><td>2</td></table>")),
                            (html("<p>1</p>"), html("")), (html("<p>1</p>"), square(lab, 1))],
        hostile=markup(html, "<table>", "</table>", "<tr><td rowspan=9999 colspan=9999>1"),
        drawn=lambda lab: WORDS.map(html),
    ),
    "svg": Sample(
        differing=lambda lab: [
            (svg('<svg><path d="M 1 2"/></svg>'), svg('<svg><path d="M 1 9"/></svg>'), "different", ""),
            (svg('<svg><g id="p1"/></svg>'), svg('<svg><g id="p2"/></svg>'), "equal after normalisers", ""),
        ],
        broken=lambda lab: [(svg("<svg><path"), svg("<svg><g")), (svg("<svg/>"), svg("")),
                            (svg("<svg/>"), opaque(digest="1"))],
        hostile=markup(svg, "<svg>", "</svg>", '<path d="1 2 3" id="a"/>'),
        drawn=lambda lab: WORDS.map(svg),
    ),
    "json": Sample(
        differing=lambda lab: [
            (as_json('{"a": [1, 2]}'), as_json('{"a": [1, 3]}'), "different", "a[1]"),
            (as_json('{"a": 1, "b": 2}'), as_json('{"b": 2, "a": 1}'), "equal after normalisers", "layout"),
        ],
        broken=lambda lab: [(as_json('{"a": 1}'), as_json('{"a": ')), (as_json("[1]"), as_json("")),
                            (as_json("[1]"), scalar(1))],
        hostile=lambda lab: [(as_json("[" * DEEP + "]" * DEEP), as_json("[" * DEEP + "1" + "]" * DEEP)),
                             (as_json(json.dumps(list(range(LONG)))), as_json(json.dumps(list(range(1, LONG + 1))))),
                             (as_json("1e999"), as_json("-1e999")), (as_json('"\\ud800"'), as_json('"\\ud801"'))],
        drawn=lambda lab: st.recursive(st.integers() | st.floats() | st.sampled_from("ab"),
                                       lambda inner: st.lists(inner, max_size=3)).map(json.dumps).map(as_json),
    ),
    "script": Sample(
        differing=lambda lab: [
            (script("plot([1, 2])"), script("plot([1, 3])"), "different", ""),
            (script("x = 'a'; y = {\"b\": [1.0]}"), script("x = 'a'; y = {\"b\": [2.0]}"), "different", ""),
        ],
        broken=lambda lab: [(script('f({"a": 1'), script('f({"a": 2')), (script("f()"), script("")),
                            (script("f()"), scalar("f()"))],
        hostile=lambda lab: [(script('{"a":' * DEEP), script('{"a":' * DEEP + "1")),
                             (script("[" * LONG), script("[" * LONG + "]")), (script("\ud800"), script("\ud801"))],
        drawn=lambda lab: WORDS.map(script),
    ),
    "log": Sample(
        differing=lambda lab: [
            (log("2026-01-02 03:04:05 INFO score 0.5"), log("2026-01-02 03:04:05 INFO score 0.6"), "different", "0.5"),
            (log("03:04:05 start\n"), log("03:04:06 start\n"), "equal after normalisers", "log-time"),
        ],
        broken=lambda lab: [(log("03:04:05 a"), log("")), (log("a"), log("\x00b")), (log("a"), text("b"))],
        hostile=lambda lab: [(log("1999-" * LONG), log("1999-" * LONG + "1")),
                             (log("[" * LONG), log("(" * LONG)), (log("\ud800"), log("\ud801"))],
        drawn=lambda lab: st.text(alphabet="0123456789-:., INFO\n", max_size=40).map(log),
    ),
    "text": Sample(
        differing=lambda lab: [
            (text("accuracy 0.50\n"), text("accuracy 0.61\n"), "different", "0.50"),
            (text("took 1.5 s\n"), text("took 1.7 s\n"), "equal after normalisers", "duration"),
        ],
        broken=lambda lab: [(text("a"), text("")), (text("a"), scalar(1)),
                            (text("same"), replace(text("same"), digest="of what was cut"))],
        hostile=lambda lab: [(text("\r" * LONG + "a"), text("\r" * LONG + "b")),
                             (text("\x1b[31m" * LONG), text("\x1b[31m" * LONG + "1")),
                             (text("9" * LONG), text("9" * LONG + "8")), (text("\ud800"), text("\ud801"))],
        drawn=lambda lab: WORDS.map(text),
    ),
    "pdf": Sample(
        differing=lambda lab: [(pdf(lab, "<< /Width 5 >>"), pdf(lab, "<< /Width 6 >>"), "different", "")],
        broken=lambda lab: [(pdf(lab, "<< /A 1 >>"), lab.encoded(b"no document", "application/pdf")),
                            (pdf(lab, "<< /A 1 >>"), without_blob(pdf(lab, "<< /A 2 >>"))),
                            (pdf(lab, "<< /A 1 >>"), lab.encoded(b"%PDF-1.4\n", "application/pdf", kept=False))],
        hostile=lambda lab: [(pdf(lab, "<<" * LONG), pdf(lab, "[" * LONG)),
                             (pdf(lab, "stream\n" * LONG), pdf(lab, "stream\n" * LONG + "1"))],
        drawn=lambda lab: st.sampled_from(["<< /A 1 >>", "(text)", "[1.0 2]", "", "<<"]).map(lambda c: pdf(lab, c)),
    ),
    "image": Sample(
        differing=lambda lab: [
            (square(lab, 0), square(lab, 200), "different", "1 of 64 pixels"),
            (square(lab, 7), lab.image(np.pad(np.full((1, 1, 3), 7), ((0, 7), (0, 7), (0, 0))), comment="other"),
             "equal after normalisers", ""),
        ],
        broken=lambda lab: [(square(lab, 1), lab.encoded(b"\x89PNG\r\n\x1a\nbroken")),
                            (square(lab, 1), without_blob(square(lab, 2))),
                            (square(lab, 1), lab.encoded(b"other", kept=False))],
        hostile=lambda lab: [(lab.encoded(b"GIF89a\xff\xff\xff\xff" + b"\x00" * 64, "image/gif"), square(lab, 1)),
                             (lab.encoded(b""), lab.encoded(b"\x00"))],
        drawn=lambda lab: st.integers(0, 255).map(lambda value: square(lab, value)),
    ),
    "scalar": Sample(
        differing=lambda lab: [(scalar(1.5), scalar(2.5), "different", "1.5"),
                               (scalar(1.0), scalar(1.0 + 1e-9), "within tolerance", "")],
        broken=lambda lab: [(scalar(1), scalar(None)), (scalar("a"), opaque(digest="1"))],
        hostile=lambda lab: [(scalar(10**3000), scalar(10**3000 + 1)), (scalar("\ud800"), scalar("\ud801")),
                             (Scalar(type="float", text="not a number", digest="1"),
                              Scalar(type="float", text="1e99999", digest="2"))],
        drawn=lambda lab: (st.none() | st.integers() | st.floats() | st.text(max_size=5)).map(scalar),
    ),
    "items": Sample(
        differing=lambda lab: [
            (items([scalar(1), scalar(2)]), items([scalar(1), scalar(3)]), "different", "[1]"),
            (items([scalar(1), scalar(2)]), items([scalar(2), scalar(1)]), "ordering only", "reordered"),
        ],
        broken=lambda lab: [(items([scalar(1)]), items([])),
                            (items([scalar(1)], length=9, more="a"), items([scalar(1)], length=9, more="b")),
                            (items([scalar(1)]), items([scalar(1)], "tuple"))],
        hostile=lambda lab: [(nested(scalar(1), 60), nested(scalar(2), 60)),
                             (items([scalar(n) for n in range(2000)]), items([scalar(n) for n in range(2000, 0, -1)]))],
        drawn=lambda lab: st.lists(st.integers().map(scalar), max_size=3).map(items),
    ),
    "display": Sample(
        differing=lambda lab: [
            (display(text_plain=text("a 1")), display(text_plain=text("a 2")), "different", "1"),
            (display(text_plain=text("took 1 s")), display(text_plain=text("took 2 s")), "equal after normalisers",
             "duration"),
        ],
        broken=lambda lab: [(display(text_plain=text("a")), display(text_html=html("b"))),
                            (display(image_png=square(lab, 1)), display(image_png=without_blob(square(lab, 2))))],
        hostile=lambda lab: [(display(text_html=html("<" * LONG)), display(text_html=html("<" * LONG + "1")))],
        drawn=lambda lab: WORDS.map(lambda content: display(text_plain=text(content))),
    ),
    "bytes": Sample(
        differing=lambda lab: [(told_bytes(9, lab.array([1])), told_bytes(8, lab.array([2])), "different", "size 9")],
        broken=lambda lab: [(told_bytes(9, lab.array([1])), told_bytes(9, without_blob(lab.array([2])))),
                            (told_bytes(9, lab.array([1])), thing("bytes"))],
        hostile=lambda lab: [(told_bytes(9, lab.array([])), told_bytes(9, lab.array([[1, 2]]))),
                             (told_bytes(9, scalar("no array")), told_bytes(9, lab.array([1])))],
        drawn=lambda lab: st.integers(0, 3).map(lambda value: told_bytes(9, lab.array([value]))),
    ),
    "object": Sample(
        differing=lambda lab: [
            (thing("m.M", coef_=scalar(0.5)), thing("m.M", coef_=scalar(0.7)), "different", "coef_"),
            (thing("m.M", n_jobs=scalar(1)), thing("m.M", n_jobs=scalar(2)), "equal after normalisers", "worker-count"),
        ],
        broken=lambda lab: [(thing("m.M", a=scalar(1)), thing("m.M")), (thing("m.M"), thing("m.N")),
                            (thing("m.M", complete=False, more="a"), thing("m.M", complete=False, more="b"))],
        hostile=lambda lab: [(thing("m.M", a=nested(scalar(1), 60)), thing("m.M", a=nested(scalar(2), 60))),
                             (thing("\x1b[2J"), thing("\ud800"))],
        drawn=lambda lab: st.integers().map(lambda value: thing("m.M", a=scalar(value))),
    ),
}  # fmt: skip
"""Comparator's name -> what it is tested with; the suite fails for one that has none."""
