"""Any file by its bytes: size, and a digest for each block, so that the first difference has a place."""

from __future__ import annotations

import numpy as np
import xxhash

from pytest_reprocheck.core.values import Object, Value
from pytest_reprocheck.execution.artifacts.content import Content
from pytest_reprocheck.execution.artifacts.keeping import Keeper, array_value, object_value, scalar

BYTES = "bytes"
"""Type of the value."""
_SMALLEST = 4096
_MOST_BLOCKS = 4096


def read_blocks(content: Content, keeper: Keeper, reason: str) -> Object:
    """A file by its bytes; ``reason`` says why it is not read in another way."""
    size = _SMALLEST
    while content.size > size * _MOST_BLOCKS:
        size *= 2
    digests = []
    left = content.size
    with content.opened() as file:
        while left > 0 and (block := file.read(min(size, left))):
            left -= len(block)
            digests.append(xxhash.xxh3_64_intdigest(block))
    # Of one block there is nothing to keep: a run may write thousands of such files.
    one = len(digests) == 1
    blocks = scalar("block", f"{digests[0]:016x}") if one else array_value(np.array(digests, dtype=np.uint64), keeper)
    fields: dict[str, Value] = {
        "size": scalar("int", str(content.size)),
        "block size": scalar("int", str(size)),
        "blocks": blocks,
        "reason": scalar("str", repr(reason)),
    }
    return object_value(BYTES, fields)
