"""What means nothing is in no record: dates and ids that formats add, the encoding of pictures, rounding of pixels."""

from __future__ import annotations

import io
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from pytest_reprocheck.compare.canonical import canonical_text
from pytest_reprocheck.compare.images import frames_of
from pytest_reprocheck.compare.normalise import Own
from pytest_reprocheck.compare.pdf import document_text
from pytest_reprocheck.core.findings import Sameness
from pytest_reprocheck.core.records import Told
from pytest_reprocheck.core.rules import FieldRule
from pytest_reprocheck.core.tolerance import Tolerance
from pytest_reprocheck.records.judging import Apart, Rules, judge
from pytest_reprocheck.records.telling import Look, Plain, tell
from tests.compare.test_drawings import SVG, svg
from tests.execution.artifacts.bench import Bench, opened
from tests.execution.artifacts.samples import zipped
from tests.execution.artifacts.test_meaning import NOISE, OFFICE

RULES = Rules(tolerance=Tolerance(), exact=True, lenient=False, labels=False)
OWN = Own(root="/home/ann/work", home="/home/ann", host="annbox", scratch="/tmp/run7")


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with opened(tmp_path) as made:
        yield made


def told(bench: Bench, side: str, name: str, content: bytes) -> Told:
    """A file as a record has it."""
    plain = Plain(text=lambda text, mime: canonical_text(text, mime, Own()), document=document_text, frames=frames_of)
    value = bench.read(side, name, content)
    return tell(value, Look(blobs=bench.folder / side, plain=plain, numbers="never"))


@pytest.mark.parametrize("name", sorted(NOISE))
def test_what_formats_add_is_in_no_record(bench: Bench, name: str) -> None:
    """Two files that differ in it alone are the same to a record."""
    a, b, _note = NOISE[name]
    if name == "office times":
        a, b = (zipped({"docProps/core.xml": OFFICE % date, "a.xml": b"<a/>"}) for date in (b"2020", b"2021"))
    file = "run.ipynb" if "notebook" in name else "file"
    assert told(bench, "a", file, a) == told(bench, "b", file, b)


@pytest.mark.parametrize(
    ("mime", "one", "other"),
    [
        (SVG, svg(), svg(date="2027-05-06", id="pffffffffff")),
        ("text/x-log", "2026-11-21 10:00:00,123 INFO done", "2026-11-22 11:00:00,999 INFO done"),
        ("text/plain", "wrote /home/ann/work/a.csv", "wrote <root>/a.csv"),
        ("text/plain", "from /home/ann/data on annbox", "from <home>/data on <host>"),
        ("application/json", '{"a": 1.50, "b": [1, 2]}', '{\n "a": 1.5,\n "b": [1,2]}'),
        ("text/plain", "run 17 of session s-1234", "run 17 of session s-9"),
    ],
)
def test_texts_without_what_means_nothing(mime: str, one: str, other: str) -> None:
    """By the type of the text, and by the user's own normalisers."""
    rules = (FieldRule(name="session", pattern=r"s-\d+", replace="s"),)
    assert canonical_text(one, mime, OWN, rules) == canonical_text(other, mime, OWN, rules)


def test_what_is_said_still_counts() -> None:
    """A score beside a date, an element that is drawn elsewhere, the order of keys."""
    read = partial(canonical_text, own=OWN)
    assert read(svg(score="0.5"), SVG) != read(svg(score="0.6"), SVG)
    assert read("2026-11-21 10:00:00 score 0.5", "text/x-log") != read("2026-11-21 10:00:00 score 0.6", "text/x-log")
    assert read('{"a": 1, "b": 2}', "application/json") != read('{"b": 2, "a": 1}', "application/json")


Pixels = npt.NDArray[np.uint8]


def drawn() -> Pixels:
    """A picture with soft edges."""
    rows, columns = np.mgrid[0:160, 0:200]
    grey = np.clip(128 + 300 * np.sin(rows / 40) * np.cos(columns / 50), 0, 255).astype(np.uint8)
    return np.stack([grey, grey[::-1], np.full_like(grey, 7), np.full_like(grey, 255)], axis=2)


def compared(bench: Bench, one: Pixels, other: Pixels, levels: tuple[int, int] = (1, 1)) -> Apart | None:
    """How records tell two pictures apart."""

    def encoded(pixels: Pixels, level: int) -> bytes:
        buffer = io.BytesIO()
        Image.fromarray(pixels).save(buffer, "png", compress_level=level)
        return buffer.getvalue()

    return judge(
        told(bench, "a", "a.png", encoded(one, levels[0])), told(bench, "b", "a.png", encoded(other, levels[1])), RULES
    )


def test_pictures_are_compared_by_their_pixels(bench: Bench) -> None:
    """Another compression is the same; what rounding moves is within tolerance; a dot of another colour is not."""
    pixels = drawn()
    assert compared(bench, pixels, pixels, (0, 9)) is None
    rounded = pixels.copy()
    rounded[10:150:30, 20:190:40, :3] = np.clip(rounded[10:150:30, 20:190:40, :3].astype(int) + 1, 0, 255)
    apart = compared(bench, pixels, rounded)
    assert apart is not None
    assert (apart.sameness, apart.note) == (Sameness.TOLERANCE, "pixels within rounding")
    for far in (4, 9, 60):
        other = pixels.copy()
        other[80, 100, 2] += far
        apart = compared(bench, pixels, other)
        assert apart is not None
        assert (apart.sameness, apart.note) == (Sameness.DIFFERENT, "1 of 64 tiles of the picture differ")
    apart = compared(bench, pixels, pixels[:, :150])
    assert apart is not None
    assert (apart.a, apart.b, apart.note) == ("200x160 image", "150x160 image", "size of the picture")
