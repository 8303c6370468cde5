"""Comparator for PDF: its objects, without dates, the document's id and where in the file they lie."""

from __future__ import annotations

import hashlib
import re
import zlib

from pytest_reprocheck.compare.images import blob_of
from pytest_reprocheck.compare.judging import Context, Judgement, combined
from pytest_reprocheck.compare.text import judge_lines
from pytest_reprocheck.core.findings import Sameness
from pytest_reprocheck.core.values import Image

_OBJECT = re.compile(rb"(?<!\d)(\d{1,9})[ \r\n\t]{1,4}(\d{1,5})[ \r\n\t]{1,4}obj\b")
_STREAM = re.compile(rb"\bstream(?:\r\n|\n|\r)")
_LENGTH = re.compile(rb"/Length[ \r\n\t]{1,4}\d{1,12}(?:[ \r\n\t]{1,4}\d{1,5}[ \r\n\t]{1,4}R)?")
_VOLATILE = re.compile(
    rb"/(?:CreationDate|ModDate|PTEX\.\w{1,40})[ \r\n\t]{0,4}\((?:[^()\\]|\\.){0,300}\)"
    rb"|/(?:DocChecksum|LastModified)[ \r\n\t]{0,4}/?[^\s/<>]{1,200}"
    rb"|/ID[ \r\n\t]{0,4}\[[^\]]{0,300}\]"
)
_BOOKKEEPING = re.compile(rb"/Type[ \r\n\t]{0,4}/(?:XRef|Metadata)\b|/Linearized\b")
_MAX_UNPACKED = 64 * 1024**2
"""Bytes of all streams of a document that are unpacked."""


_Objects = dict[str, str]
"""Name of an object -> its dictionary and what its stream holds, as text."""


def compare_pdf(a: Image, b: Image, context: Context) -> Judgement | None:
    """None when the bytes are equal."""
    if a.digest == b.digest:
        return None
    contents = blob_of(a, context.a_blobs), blob_of(b, context.b_blobs)
    if contents[0] is None or contents[1] is None:
        return _plain(Sameness.DIFFERENT, "too large to keep: compared by digest")
    return compare_pages(contents[0], contents[1], context)


def compare_pages(a: bytes, b: bytes, context: Context) -> Judgement | None:
    """How two encoded documents differ; None when their bytes are equal."""
    if a == b:
        return None
    left, right = _read(a), _read(b)
    if isinstance(left, str) or isinstance(right, str):
        reason = left if isinstance(left, str) else right
        return _plain(Sameness.DIFFERENT, f"{reason}: compared by digest")
    if left == right:
        return _plain(Sameness.NORMALISED, "pdf-metadata")
    if list(left) != list(right):
        note = f"{len(left)} objects | {len(right)} objects" if len(left) != len(right) else "other objects"
        return _plain(Sameness.DIFFERENT, note)
    changed = [(name, text, right[name]) for name, text in left.items() if text != right[name]]
    return combined([(name, judge_lines(x, y, (), context)) for name, x, y in changed]) or _plain(
        Sameness.NORMALISED, "pdf-metadata"
    )


def document_text(content: bytes) -> str | None:
    """A document's objects as one text, without dates and ids; None for what cannot be read."""
    found = _read(content)
    return None if isinstance(found, str) else "\n".join(f"{name}\n{text}" for name, text in found.items())


def _plain(sameness: Sameness, note: str) -> Judgement:
    return Judgement(sameness=sameness, a="application/pdf", b="application/pdf", note=note, parts=("all",))


def _read(content: bytes) -> _Objects | str:
    """The objects in the file's order; text says why there are none."""
    if not content.startswith(b"%PDF-"):
        return "cannot be read"
    if b"/Encrypt" in content:
        return "encrypted"
    objects: _Objects = {}
    room = _MAX_UNPACKED
    at = 0
    while (begin := _OBJECT.search(content, at)) is not None:
        end = content.find(b"endobj", begin.end())
        if end < 0:
            return "cut off"
        stream = _STREAM.search(content, begin.end(), end)
        head = content[begin.end() : stream.start() if stream is not None else end]
        at = end + len(b"endobj")
        told = ""
        if stream is not None:
            # Data may hold the word by chance; the keyword stands where the stream has ended.
            last = content.find(b"endstream", stream.end())
            if last < 0:
                return "cut off"
            at = max(at, content.find(b"endobj", last) + len(b"endobj"))
            told = _told(head, content[stream.end() : last], room)
            room -= len(told)
        if _BOOKKEEPING.search(head) is None:
            name = f"object {begin.group(1).decode()}"
            objects[name if name not in objects else f"{name}#{len(objects)}"] = f"{_stable(head)}\n{told}"
    return objects or "cannot be read"


def _stable(head: bytes) -> str:
    """A dictionary as lines, one for each entry, without lengths and dates."""
    text = _LENGTH.sub(b"", _VOLATILE.sub(b"", head)).decode("latin-1")
    return "\n".join(line.strip() for line in re.split(r"(?=/)|\n", text) if line.strip())


def _told(head: bytes, data: bytes, room: int) -> str:
    """What a stream holds: text as it is, of anything else a digest."""
    if b"/FlateDecode" in head:
        unpacker = zlib.decompressobj()
        try:
            data = unpacker.decompress(data, max(1, room))
        except zlib.error:
            return _digest(data)
        if unpacker.unconsumed_tail:
            return _digest(data + unpacker.unconsumed_tail)
    if b"/Image" in head or data.count(b"\0"):
        return _digest(data)
    return _stable_text(data)


def _stable_text(data: bytes) -> str:
    return _VOLATILE.sub(b"", data).decode("latin-1").replace("\r", "\n")


def _digest(data: bytes) -> str:
    return f"{len(data)} bytes {hashlib.blake2b(data, digest_size=16).hexdigest()}"
