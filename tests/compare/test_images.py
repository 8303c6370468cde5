"""Pictures: by pixels."""

from __future__ import annotations

import io

import numpy as np
import numpy.typing as npt
from PIL import Image as Pillow

from pytest_reprocheck.compare.judging import Judgement
from pytest_reprocheck.core.findings import Sameness
from tests.compare.values import Lab

BLACK = np.zeros((10, 20, 3))


def dotted(value: int) -> npt.NDArray[np.float64]:
    """A black picture with one dot."""
    pixels = BLACK.copy()
    pixels[3, 4, 1] = value
    return pixels


def animation(*shades: int) -> bytes:
    """A GIF of one frame for each shade."""
    frames = [Pillow.new("L", (4, 4), shade) for shade in shades]
    buffer = io.BytesIO()
    frames[0].save(buffer, "gif", save_all=True, append_images=frames[1:])
    return buffer.getvalue()


def test_equal_bytes_are_identical(lab: Lab) -> None:
    """Equal digests need no decoding."""
    assert lab.compare(lab.image(BLACK, kept=False), lab.image(BLACK, kept=False)) is None


def test_equal_pixels_are_equal_whatever_the_bytes(lab: Lab) -> None:
    """Metadata do not matter."""
    assert lab.compare(lab.image(BLACK), lab.image(BLACK, comment="later")) == Judgement(
        sameness=Sameness.NORMALISED, a="20x10 image", b="20x10 image", note="pixel-identical", parts=("pixels",)
    )


def test_changed_pixels_are_counted(lab: Lab) -> None:
    """How many, what share, and how far."""
    note = "1 of 200 pixels differ (0.50 %), largest channel difference 7 of 255"

    assert lab.judged(lab.image(BLACK), lab.image(dotted(7))) == ("different", note)


def test_a_single_pixel_of_many_is_not_rounded_to_none(lab: Lab) -> None:
    """A share is never told as zero where something differs."""
    large = np.zeros((200, 200, 3))
    other = large.copy()
    other[0, 0, 0] = 1

    assert "(< 0.01 %)" in lab.judged(lab.image(large), lab.image(other))[1]


def test_another_size_is_told(lab: Lab) -> None:
    """Pictures of two sizes are not compared pixel by pixel."""
    judgement = lab.compare(lab.image(BLACK), lab.image(np.zeros((20, 20, 3))))

    assert judgement is not None
    assert (judgement.a, judgement.b, judgement.note) == ("20x10 image", "20x20 image", "size differs")


def test_all_frames_of_an_animation_count(lab: Lab) -> None:
    """Not the first alone."""
    a, b, c = (lab.encoded(animation(*shades)) for shades in ((0, 100), (0, 200), (0, 100, 200)))

    assert lab.judged(a, b)[0] == "different"
    assert lab.judged(a, c) == ("different", "size differs")


def test_pictures_that_cannot_be_decoded_differ_by_digest(lab: Lab) -> None:
    """Missing, broken or foreign bytes are no crash and no equality."""
    good = lab.image(BLACK)
    broken = b"\x89PNG\r\n\x1a\n" + b"junk" * 20

    assert lab.judged(good, lab.encoded(b"%PDF-1.4"))[1] == "cannot be decoded: compared by digest"
    assert lab.judged(good, lab.encoded(broken))[1] == "cannot be decoded: compared by digest"
    assert lab.judged(good, lab.image(dotted(1), kept=False))[1] == "too large to keep: compared by digest"
