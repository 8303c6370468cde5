"""Digests of bytes: xxh3-128 where xxhash can be imported, blake2b otherwise."""

from __future__ import annotations

from functools import partial

from .records import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


_TEXT = frozenset({str})


@record(frozen=True, kw_only=True, slots=True)
class Digests:
    """The algorithm of this process."""

    name: str
    """``xxh3-128`` or ``blake2b-128``."""
    new: Callable[..., Any]
    """Makes a hasher with ``update`` and ``hexdigest``, of these bytes if any are given."""

    def of(self, *parts: Any) -> str:
        """Digest of the parts (text or buffers), each with its length before it: no two lists of parts run together."""
        if _TEXT.issuperset(map(type, parts)):
            encoded = [part.encode("utf-8", "surrogatepass") for part in parts]
            return str(self.new(b"".join([b"%d:%b" % (len(data), data) for data in encoded])).hexdigest())
        hasher = self.new()
        for part in parts:
            data = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else memoryview(part)
            hasher.update(b"%d:" % (len(data) if isinstance(data, bytes) else data.nbytes))
            hasher.update(data)
        return str(hasher.hexdigest())


def available() -> Digests:
    """The fastest algorithm this interpreter has."""
    try:
        from xxhash import xxh3_128
    except ImportError:
        # Not from hashlib, which loads OpenSSL: milliseconds of every child's start.
        from _blake2 import blake2b

        return Digests(name="blake2b-128", new=partial(blake2b, digest_size=16))
    return Digests(name="xxh3-128", new=xxh3_128)
