"""Digests of arrays that were seen before, found again by a fast hash of their memory.

The canonical digest of an array takes a look for NaN, copies of what has gaps and a hash for each block. A variable is
looked at again and again, and mostly it is as it was: then its memory is hashed once, which nothing outruns that sees
every change.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .digest import Digests

_MOST = 4096
"""Arrays that are remembered."""
_LEAST = 2**12
"""Bytes of the smallest array that is remembered."""

Known = tuple[str, list[str]]
"""An array's digest and those of its blocks."""


class Contents:
    """Remembers digests by what lies in memory, its type, shape and strides."""

    def __init__(self, digests: Digests) -> None:
        self._new = digests.new if digests.name.startswith("xxh3") else None
        self._known: dict[Any, Known] = {}

    def key(self, values: Any) -> Any:
        """What stands for an array's content; None for what is as fast to digest anew."""
        if self._new is None or values.nbytes < _LEAST or not values.flags.forc:
            return None
        np: Any = sys.modules["numpy"]
        hasher = self._new()
        hasher.update(memoryview(values.ravel(order="K").view(np.uint8)))
        dtype = values.dtype
        return (dtype.str if dtype.names is None else repr(dtype)), values.shape, values.strides, hasher.digest()

    def find(self, key: Any) -> Known | None:
        """The digests of an array with this content."""
        return self._known.get(key)

    def keep(self, key: Any, known: Known) -> None:
        """Remember the digests of an array."""
        if key is None:
            return
        if len(self._known) >= _MOST:
            self._known.clear()
        self._known[key] = known
