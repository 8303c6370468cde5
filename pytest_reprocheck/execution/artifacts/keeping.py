"""Values of what files hold, and the run's blob folder for their arrays and pictures."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import xxhash

from pytest_reprocheck.core.values import Array, Image, Items, Object, Opaque, Scalar, Table, Text, Value

BLOB_LIMIT = 16 * 2**20
"""Bytes of one array or picture that is kept."""
RUN_LIMIT = 512 * 2**20
"""Bytes kept for one run in all."""
TEXT_LIMIT = 4 * 2**20
"""Characters kept of one text."""
CONTAINER_TIME = "container-time"
"""Type of a moment that a format notes beside what it holds, as gzip and zip do."""

_EXTENSIONS = {"image/png": "png", "image/jpeg": "jpg"}


def digest_of(*parts: str | bytes) -> str:
    """Digest of the parts, each with its length before it."""
    hasher = xxhash.xxh3_128()
    for part in parts:
        data = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
        hasher.update(b"%d:" % len(data))
        hasher.update(data)
    return hasher.hexdigest()


@dataclass(kw_only=True, slots=True)
class Keeper:
    """The blob folder of one run and the room that is left in it; what is kept depends on sizes alone."""

    blobs: Path
    room: int = RUN_LIMIT
    text_room: int = 16 * TEXT_LIMIT
    """Characters of texts that may still be kept."""
    kept: set[str] = field(default_factory=set)

    def keep(self, name: str, content: bytes) -> str | None:
        """The name of a blob with this content; None when it is too large to keep."""
        if name in self.kept:
            return name
        if len(content) > BLOB_LIMIT or len(content) > self.room:
            return None
        (self.blobs / name).write_bytes(content)
        self.room -= len(content)
        self.kept.add(name)
        return name


def scalar(type_name: str, text: str) -> Scalar:
    """A single value by its repr."""
    return Scalar(type=type_name, text=text, digest=digest_of("scalar", type_name, text))


def moment(text: str) -> Scalar:
    """A moment that a format notes beside what it holds: where it alone differs, the files are the same."""
    return scalar(CONTAINER_TIME, text)


def text_value(text: str, keeper: Keeper, mime: str = "text/plain") -> Text | Opaque:
    """A text, of a long one the beginning; Opaque when the run has written more text than is kept."""
    digest = digest_of("text", text)
    kept = text[:TEXT_LIMIT]
    if len(kept) > keeper.text_room:
        return Opaque(type="text", reason="more text than is kept of one run", digest=digest)
    keeper.text_room -= len(kept)
    return Text(text=kept, mime=mime, digest=digest)


def image_value(content: bytes, mime: str, keeper: Keeper) -> Image:
    """A picture by its encoded bytes."""
    digest = digest_of("image", content)
    name = f"file-{digest}.{_EXTENSIONS.get(mime, mime.rpartition('/')[2])}"
    return Image(mime=mime, digest=digest, blob=keeper.keep(name, content))


def array_value(values: npt.NDArray[Any], keeper: Keeper, *, told: str = "") -> Array:
    """An array of numbers, text or records; ``told`` is a digest that says more than the elements, as of their text."""
    name = values.dtype.str if values.dtype.names is None else str(values.dtype.descr)
    hasher = xxhash.xxh3_128(f"array {name} {values.shape} {told}".encode())
    _feed(hasher, values)
    digest = hasher.hexdigest()
    blob = f"file-{digest}.npy"
    if blob not in keeper.kept:
        small = values.nbytes <= min(BLOB_LIMIT, keeper.room)
        kept = keeper.keep(blob, _npy(values)) if small else None
        return Array(dtype=name, shape=values.shape, digest=digest, blob=kept)
    return Array(dtype=name, shape=values.shape, digest=digest, blob=blob)


def object_array(reprs: Sequence[str], shape: tuple[int, ...], keeper: Keeper) -> Array:
    """Python objects in C order, told by their reprs."""
    content = json.dumps(list(reprs)).encode()
    digest = digest_of("objects", str(shape), content)
    return Array(dtype="object", shape=shape, digest=digest, blob=keeper.keep(f"file-{digest}.json", content))


def table_value(kind: str, columns: Sequence[str], data: Sequence[Array], dtypes: Sequence[str]) -> Table:
    """Named columns of one length."""
    digest = digest_of("table", kind, *columns, "|", *dtypes, "|", *(column.digest for column in data))
    return Table(type=kind, columns=tuple(columns), data=tuple(data), dtypes=tuple(dtypes), index=None, digest=digest)


def object_value(kind: str, fields: Mapping[str, Value]) -> Object:
    """Named parts of any kind."""
    ordered = dict(sorted(fields.items()))
    parts = [text for name, value in ordered.items() for text in (name, value.digest or "")]
    return Object(type=kind, fields=ordered, digest=digest_of("object", kind, *parts))


def mapping_value(kind: str, entries: Iterable[tuple[str, Value]]) -> Items:
    """Entries by name, in their order."""
    listed = list(entries)
    keys = tuple(scalar("str", repr(name)) for name, _value in listed)
    values = tuple(value for _name, value in listed)
    digest = digest_of(
        "mapping", kind, *(each.digest or "" for pair in zip(keys, values, strict=True) for each in pair)
    )
    return Items(type=kind, length=len(values), keys=keys, values=values, digest=digest)


def _npy(values: npt.NDArray[Any]) -> bytes:
    from io import BytesIO

    file = BytesIO()
    np.lib.format.write_array(file, np.ascontiguousarray(values).reshape(values.shape), allow_pickle=False)
    return file.getvalue()


def _feed(hasher: xxhash.xxh3_128, values: npt.NDArray[Any]) -> None:
    """The elements in C order; every NaN alike, padding between the fields of records left out."""
    if values.dtype.names is not None:
        for name in values.dtype.names:
            _feed(hasher, values[name])
        return
    if values.dtype.char in "gG":  # bytes of padding in every element
        hasher.update(repr(values.tolist()).encode())
        return
    values = np.ascontiguousarray(values)
    if values.dtype.kind in "fc" and np.isnan(values).any():
        values = values.copy()
        parts = values.view(values.real.dtype)
        parts[np.isnan(parts)] = np.nan
    if values.size and values.itemsize:
        hasher.update(values.reshape(-1).view(np.uint8).data)
