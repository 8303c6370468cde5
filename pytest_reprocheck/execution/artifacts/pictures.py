"""Pictures, by their encoded bytes: what is in them is looked at where they are compared; and PDF."""

from __future__ import annotations

import re
import zlib

from pytest_reprocheck.core.values import Value
from pytest_reprocheck.execution.artifacts.content import DETAIL_LIMIT, Content, Reading
from pytest_reprocheck.execution.artifacts.keeping import digest_of, image_value, moment, object_value, text_value
from pytest_reprocheck.execution.artifacts.nodes import UnreadableError

_MAGIC = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\0", "image/tiff"),
    (b"MM\0*", "image/tiff"),
)
_STREAM = re.compile(rb"stream\r?\n(.*?)endstream", re.DOTALL)
_TIMES = re.compile(
    rb"/(?:CreationDate|ModDate)\s*\([^()]{0,80}\)|/ID\s*\[\s*<[0-9a-fA-F]{0,64}>\s*<[0-9a-fA-F]{0,64}>\s*\]"
)
_OFFSETS = re.compile(rb"\nxref\s.*?trailer|startxref\s+\d+", re.DOTALL)


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


def is_pdf(content: Content) -> bool:
    """By the first bytes."""
    return content.head.startswith(b"%PDF-")


def read_pdf(content: Content, reading: Reading) -> Value:
    """The drawing instructions as text; dates of making, identity and places of objects in the file apart."""
    reading.take(content.size)
    data = content.read()
    times = b"\n".join(_TIMES.findall(data))
    lines: list[bytes] = []
    room = DETAIL_LIMIT
    end = 0
    for match in _STREAM.finditer(data):
        lines.append(_plain(data[end : match.start()]))
        drawn = _drawn(match.group(1), room)
        room -= len(drawn)
        lines.append(drawn)
        end = match.end()
    lines.append(_plain(data[end:]))
    text = b"\n".join(lines).decode("latin-1")
    fields = {"drawing": text_value(text, reading.keeper), "time": moment(times.decode("latin-1"))}
    return object_value("pdf", fields)


def _plain(part: bytes) -> bytes:
    return _OFFSETS.sub(b"", _TIMES.sub(b"", part))


def _drawn(stream: bytes, room: int) -> bytes:
    """A stream's instructions; of pictures, fonts and the like a digest."""
    try:
        drawn = zlib.decompressobj().decompress(stream, room)
    except zlib.error:
        drawn = stream
    if len(drawn) >= room:
        raise UnreadableError(f"expands to more than {DETAIL_LIMIT // 2**20} MiB")
    if any(byte > 126 or (byte < 32 and byte not in (9, 10, 13)) for byte in drawn[:4096]):
        return digest_of(drawn).encode()
    return drawn
