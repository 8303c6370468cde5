"""Compressed files and archives: what is in them, by content; order and times of members apart."""

from __future__ import annotations

import bz2
import gzip
import lzma
import re
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import suppress
from typing import BinaryIO

from pytest_reprocheck.core.values import Items, Value
from pytest_reprocheck.execution.artifacts.content import DETAIL_LIMIT, Content, Reading, of_bytes
from pytest_reprocheck.execution.artifacts.keeping import mapping_value, moment, object_value, scalar
from pytest_reprocheck.execution.artifacts.nodes import UnreadableError
from pytest_reprocheck.execution.artifacts.tensors import is_torch, read_torch

_MOST_MEMBERS = 10_000
_GZIP, _BZIP2, _XZ = b"\x1f\x8b", b"BZh", b"\xfd7zXZ\0"
_ZLIB = (b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda")
_ENDINGS = re.compile(r"\.(?:gz|gzip|bz2|xz|lzma|z)\Z", re.IGNORECASE)
_OFFICE = "docProps/core.xml"
_OFFICE_TIMES = re.compile(rb"(<dcterms:(?:created|modified)[^<>]*>)([^<>]*)(</)")


def is_compressed(content: Content) -> bool:
    """gzip, bzip2, xz, or zlib as joblib writes it."""
    head = content.head
    return head.startswith((_GZIP, _BZIP2, _XZ)) or (head[:2] in _ZLIB and _inflates(head))


def read_compressed(content: Content, reading: Reading) -> Value:
    """What was compressed, and for gzip the time in its header."""
    inner = _ENDINGS.sub("", content.name)
    if content.suffix == ".tgz":
        inner = f"{content.name[:-4]}.tar"
    with content.opened() as file:
        kind, data = _expanded(file, content.head)
    if len(data) > DETAIL_LIMIT:
        raise UnreadableError(f"expands to more than {DETAIL_LIMIT // 2**20} MiB")
    reading.take(len(data))
    fields = {"content": reading.inner(of_bytes(inner, data))}
    if kind == "gzip":
        fields["time"] = moment(str(struct.unpack_from("<I", content.head.ljust(8, b"\0"), 4)[0]))
    return object_value(kind, fields)


def _expanded(file: BinaryIO, head: bytes) -> tuple[str, bytes]:
    """The format and what was compressed, cut behind what is read in detail: small files can be enormous inside."""
    try:
        if head.startswith(_GZIP):
            return "gzip", gzip.GzipFile(fileobj=file).read(DETAIL_LIMIT + 1)
        if head.startswith(_BZIP2):
            return "bzip2", bz2.BZ2File(file).read(DETAIL_LIMIT + 1)
        if head.startswith(_XZ):
            return "xz", lzma.LZMAFile(file).read(DETAIL_LIMIT + 1)
        machine = zlib.decompressobj()
        data = machine.decompress(file.read(DETAIL_LIMIT), DETAIL_LIMIT + 1)
    except (zlib.error, OSError, lzma.LZMAError, EOFError) as error:
        raise UnreadableError(f"broken: {error}") from error
    if not machine.eof and len(data) <= DETAIL_LIMIT:
        raise UnreadableError("broken: cut off")
    return "zlib", data


def _inflates(head: bytes) -> bool:
    with suppress(zlib.error):
        return bool(zlib.decompressobj().decompress(head, 64))
    return False


def is_zip(content: Content) -> bool:
    """By the first bytes."""
    return content.head.startswith((b"PK\x03\x04", b"PK\x05\x06"))


def read_zip(content: Content, reading: Reading) -> Value:
    """The members by name in their order; torch's checkpoints as their objects."""
    try:
        with content.opened() as file, zipfile.ZipFile(file) as archive:
            infos = archive.infolist()
            if len(infos) > _MOST_MEMBERS:
                raise UnreadableError(f"more than {_MOST_MEMBERS:,} members")
            _bounded(sum(info.file_size for info in infos), reading)
            if is_torch(archive.namelist()):
                return read_torch(archive, reading)
            fields: dict[str, Value] = {}
            entries = [(info.filename, _zipped(archive, info, reading)) for info in infos if not info.is_dir()]
            fields["members"] = _named(entries)
            times = [f"{info.filename} {info.date_time}" for info in infos]
            return object_value("zip", {**fields, "times": moment("\n".join(sorted(times)))})
    except (
        zipfile.BadZipFile,
        zlib.error,
        lzma.LZMAError,
        OSError,
        ValueError,
        EOFError,
        NotImplementedError,
    ) as error:
        raise UnreadableError(f"broken zip: {error}") from error
    except (RuntimeError, struct.error, IndexError, KeyError) as error:
        raise UnreadableError(f"zip that cannot be read: {error}") from error


def _zipped(archive: zipfile.ZipFile, info: zipfile.ZipInfo, reading: Reading) -> Value:
    if info.flag_bits & 1:
        raise UnreadableError("an encrypted zip")
    with archive.open(info) as member:
        # The directory of the archive can lie about sizes.
        data = member.read(info.file_size + 1)
    if len(data) > info.file_size:
        raise UnreadableError("a zip whose members are larger than it says")
    if info.filename != _OFFICE:
        return reading.inner(of_bytes(info.filename, data))
    times = b" ".join(match.group(2) for match in _OFFICE_TIMES.finditer(data)).decode("utf-8", "replace")
    rest = reading.inner(of_bytes(info.filename, _OFFICE_TIMES.sub(rb"\1\3", data)))
    return object_value("office properties", {"times": moment(times), "properties": rest})


def is_tar(content: Content) -> bool:
    """By the mark of its first header."""
    return content.head[257:262] == b"ustar"


def read_tar(content: Content, reading: Reading) -> Value:
    """The members by name in their order: files by content, links by where they lead."""
    try:
        with content.opened() as file, tarfile.open(fileobj=file, mode="r:") as archive:
            entries: list[tuple[str, Value]] = []
            times = []
            for number, member in enumerate(archive):
                if number >= _MOST_MEMBERS:
                    raise UnreadableError(f"more than {_MOST_MEMBERS:,} members")
                entries.append((member.name, _tarred(archive, member, reading)))
                times.append(f"{member.name} {member.mtime}")
    except (tarfile.TarError, OSError, ValueError, EOFError) as error:
        raise UnreadableError(f"broken tar: {error}") from error
    return object_value("tar", {"members": _named(entries), "times": moment("\n".join(sorted(times)))})


def _tarred(archive: tarfile.TarFile, member: tarfile.TarInfo, reading: Reading) -> Value:
    if not member.isreg():
        return scalar("link" if member.issym() or member.islnk() else "entry", repr(member.linkname or member.type))
    _bounded(member.size, reading)
    extracted = archive.extractfile(member)
    return reading.inner(of_bytes(member.name, extracted.read() if extracted is not None else b""))


def _bounded(size: int, reading: Reading) -> None:
    if size > DETAIL_LIMIT:
        raise UnreadableError(f"holds more than {DETAIL_LIMIT // 2**20} MiB")
    reading.take(size)


def _named(entries: list[tuple[str, Value]]) -> Items:
    """Members by name; one that comes again has its number behind its name."""
    return mapping_value("members", _numbered(entries))


def _numbered(entries: list[tuple[str, Value]]) -> Iterator[tuple[str, Value]]:
    seen: dict[str, int] = {}
    for name, value in entries:
        seen[name] = seen.get(name, 0) + 1
        yield (name if seen[name] == 1 else f"{name}#{seen[name]}"), value
