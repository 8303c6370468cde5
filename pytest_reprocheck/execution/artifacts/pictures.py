"""Pictures and pages of PDF, by their encoded bytes: what is in them is looked at where they are compared."""

from __future__ import annotations

from pytest_reprocheck.core.values import Value
from pytest_reprocheck.execution.artifacts.content import Content, Reading
from pytest_reprocheck.execution.artifacts.keeping import image_value

_MAGIC = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\0", "image/tiff"),
    (b"MM\0*", "image/tiff"),
    (b"%PDF-", "application/pdf"),
)


def is_picture(content: Content) -> bool:
    """By the first bytes."""
    return bool(_mime(content))


def read_picture(content: Content, reading: Reading) -> Value:
    """The picture."""
    reading.take(content.size)
    return image_value(content.read(), _mime(content), reading.keeper)


def _mime(content: Content) -> str:
    if content.head.startswith(b"RIFF") and content.head[8:12] == b"WEBP":
        return "image/webp"
    if content.head.startswith(b"BM") and content.suffix == ".bmp":
        return "image/bmp"
    return next((mime for magic, mime in _MAGIC if content.head.startswith(magic)), "")
