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
    note = "1 of 200 pixels differ (0.50 %), largest channel difference 7 of 255, in x 4-4, y 3-3"

    assert lab.judged(lab.image(BLACK), lab.image(dotted(7))) == ("different", note)


def test_a_single_pixel_of_many_is_not_rounded_to_none(lab: Lab) -> None:
    """A share is never told as zero where something differs."""
    large = np.zeros((200, 200, 3))
    other = large.copy()
    other[0, 0, 0] = 9

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


def encoded(pixels: npt.NDArray[np.float64], kind: str, **options: object) -> bytes:
    """A picture of height x width x RGB in a format."""
    buffer = io.BytesIO()
    Pillow.fromarray(pixels.astype(np.uint8)).save(buffer, kind, **options)
    return buffer.getvalue()


def test_a_change_that_rounding_makes_is_within_tolerance(lab: Lab) -> None:
    """One step of one channel; what lossy formats make of it is a few."""
    assert lab.judged(lab.image(BLACK), lab.image(dotted(1)))[0] == "within tolerance"
    assert lab.judged(lab.image(BLACK), lab.image(dotted(2)))[0] == "different"
    levels = (100, 103, 120)
    a, b, c = (lab.encoded(encoded(np.full((16, 16, 3), float(x)), "jpeg"), "image/jpeg") for x in levels)
    assert lab.judged(a, b)[0] == "within tolerance"
    assert lab.judged(a, c)[0] == "different"


def test_the_region_and_the_frames_are_told(lab: Lab) -> None:
    """Where to look."""
    other = BLACK.copy()
    other[2:5, 6:9] = 255
    a, b = (lab.encoded(animation(*shades), "image/gif") for shades in ((0, 100, 50), (0, 200, 50)))

    assert lab.judged(lab.image(BLACK), lab.image(other))[1].endswith("in x 6-8, y 2-4")
    assert " of 1 of 3 frames" in lab.judged(a, b)[1]


def test_other_kinds_of_pictures(lab: Lab) -> None:
    """By pixels too."""
    other = BLACK.copy()
    other[:, :10] = 200
    for kind in ("webp", "bmp", "tiff"):
        a, b = (lab.encoded(encoded(pixels, kind), f"image/{kind}") for pixels in (BLACK, other))
        assert "100 of 200 pixels differ (50.00 %)" in lab.judged(a, b)[1] or kind == "webp"
        assert lab.judged(a, b)[0] == "different"


def test_channels_of_more_than_8_bits_are_not_cut(lab: Lab) -> None:
    """Colours on a screen have 8 bits; data that are kept as a picture may have more."""
    contents = []
    for value in (40_000, 40_001):
        buffer = io.BytesIO()
        Pillow.fromarray(np.full((3, 3), value, dtype=np.uint16)).save(buffer, "png")
        contents.append(lab.encoded(buffer.getvalue()))

    assert lab.judged(*contents) == (
        "different",
        "9 of 9 pixels differ (100.00 %), largest channel difference 1, in x 0-2, y 0-2",
    )


def test_what_is_fully_transparent_has_no_colour(lab: Lab) -> None:
    """Encoders write there what they like."""
    contents = []
    for shade in (0, 255):
        buffer = io.BytesIO()
        Pillow.new("RGBA", (4, 4), (shade, shade, shade, 0)).save(buffer, "png")
        contents.append(lab.encoded(buffer.getvalue()))

    assert lab.judged(*contents) == ("equal after normalisers", "pixel-identical")


def test_a_picture_of_another_type_differs(lab: Lab) -> None:
    """Whatever it shows."""
    a, b = lab.encoded(encoded(BLACK, "png")), lab.encoded(encoded(BLACK, "jpeg"), "image/jpeg")

    assert lab.judged(a, b) == ("different", "type image/png | image/jpeg")
