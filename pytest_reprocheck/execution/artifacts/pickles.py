"""Pickles and joblib's files: never unpickled, so nothing in them runs."""

from __future__ import annotations

from typing import Any, BinaryIO

import numpy as np

from pytest_reprocheck.core.values import Value
from pytest_reprocheck.execution.artifacts.content import Content, Reading
from pytest_reprocheck.execution.artifacts.nodes import UnreadableError
from pytest_reprocheck.execution.artifacts.pickle_machine import Call, load
from pytest_reprocheck.execution.artifacts.pickled_objects import dtype_of, known_objects, plain_name
from pytest_reprocheck.execution.artifacts.telling import tell

SUFFIXES = frozenset({".pkl", ".pickle", ".joblib", ".p", ".dill", ".pck", ".cloudpickle"})
_WRAPPERS = frozenset({"joblib.numpy_pickle.NumpyArrayWrapper"})
_MOST_PICKLES = 1000


def is_pickle(content: Content) -> bool:
    """By the mark of protocols 2 to 5, or by its name."""
    head = content.head
    return (len(head) > 2 and head[0] == 0x80 and 2 <= head[1] <= 5) or content.suffix in SUFFIXES


def read_pickle(content: Content, reading: Reading) -> Value:
    """The object; of several after each other, all."""
    reading.take(content.size)
    objects: list[Any] = []
    with content.opened() as file:
        while file.tell() < content.size:
            if len(objects) >= _MOST_PICKLES:
                raise UnreadableError(f"more than {_MOST_PICKLES} pickles after each other")
            objects.append(load(file, joblib_array))
    if not objects:
        raise UnreadableError("empty")
    return tell(objects[0] if len(objects) == 1 else objects, reading.keeper, known_objects())


def joblib_array(call: Call, file: BinaryIO) -> Any:
    """Of joblib, which writes an array's data behind the object that describes it."""
    if plain_name(call.name) not in _WRAPPERS:
        return None
    state = dict(call.state.pairs)
    dtype, shape = dtype_of(state["dtype"]), tuple(state["shape"])
    if dtype.hasobject:
        return load(file, joblib_array)
    if state.get("numpy_array_alignment_bytes") is not None:
        file.read(file.read(1)[0])
    count = 1
    for length in shape:
        count *= int(length)
    if count < 0:
        raise UnreadableError("an array of a negative size")
    data = file.read(count * dtype.itemsize)
    if len(data) != count * dtype.itemsize:
        raise UnreadableError("no whole pickle: an array is cut off")
    return np.frombuffer(data, dtype=dtype).reshape(shape, order="F" if state["order"] == "F" else "C")
