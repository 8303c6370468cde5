"""Digests of arrays, and which arrays were seen before: those are found again by a fast hash of their memory.

The canonical digest of an array takes a look for NaN, copies of what has gaps and a hash for each block. A variable is
looked at again and again, and mostly it is as it was: then its memory is hashed once, which nothing outruns that sees
every change.
"""

from __future__ import annotations

import sys

from . import blocks

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .digest import Digests

_MOST = 4096
"""Arrays that are remembered."""
_LEAST = 2**12
"""Bytes of the smallest array that is remembered."""
_LARGE = 2**20
"""Bytes of the smallest array whose memory is hashed block by block: where it is as it should be, these are its
digests, and no second hash is needed."""

Known = tuple[str, list[str]]
"""An array's digest and those of its blocks."""


class Contents:
    """Remembers digests by what lies in memory, its type, shape and strides."""

    def __init__(self, digests: Digests) -> None:
        self._digests = digests
        self._new = digests.new if digests.name.startswith("xxh3") else None
        self._known: dict[Any, Known] = {}

    def digests_of(self, values: Any, header: str) -> Known:
        """The digests of an array of plain elements.

        Args:
            values: the array.
            header: its dtype and shape as they stand in the digest.
        """
        if self._new is None or values.nbytes < _LEAST or not values.flags.forc:
            return blocks.digests_of(self._digests, header, blocks.buffers(values))
        dtype = values.dtype
        layout = (dtype.str if dtype.names is None else repr(dtype)), values.shape, values.strides
        parts = None
        if values.nbytes > _LARGE and blocks.is_canonical(values):
            parts = [str(self._new(block).hexdigest()) for block in blocks.memory(values)]
            key = (*layout, "".join(parts))
        else:
            np: Any = sys.modules["numpy"]
            key = (*layout, self._new(memoryview(values.ravel(order="K").view(np.uint8))).digest())
        if key not in self._known:
            if len(self._known) >= _MOST:
                self._known.clear()
            if parts is not None and not blocks.has_nan(values):
                self._known[key] = blocks.joined(self._digests, header, parts)
            else:
                self._known[key] = blocks.digests_of(self._digests, header, blocks.buffers(values))
        return self._known[key]
