"""Files of arrays: npy, npz and safetensors."""

from __future__ import annotations

import ast
import json
import struct
from io import BytesIO
from typing import Any

import numpy as np

from pytest_reprocheck.core.values import Value
from pytest_reprocheck.execution.artifacts.content import Content, Reading
from pytest_reprocheck.execution.artifacts.keeping import array_value, mapping_value, object_value, text_value
from pytest_reprocheck.execution.artifacts.nodes import UnreadableError
from pytest_reprocheck.execution.artifacts.pickle_machine import load
from pytest_reprocheck.execution.artifacts.pickled_objects import known_objects
from pytest_reprocheck.execution.artifacts.telling import tell

_NPY = b"\x93NUMPY"
_TENSORS = {
    "F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2", "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "|i1",
    "U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "|u1", "BOOL": "|b1", "F8_E4M3": "|u1", "F8_E5M2": "|u1",
}  # fmt: skip
_LONGEST_HEADER = 100 * 2**20


def is_npy(content: Content) -> bool:
    """By the first bytes."""
    return content.head.startswith(_NPY)


def read_npy(content: Content, reading: Reading) -> Value:
    """One array; of an array of Python objects the pickle behind the header is followed."""
    reading.take(content.size)
    file = BytesIO(content.read())
    try:
        shape, dtype = _header(file)
        if dtype.hasobject:
            return tell(load(file), reading.keeper, known_objects())
        if int(np.prod(shape, dtype=object)) * dtype.itemsize > content.size:
            raise UnreadableError("no whole array")
        file.seek(0)
        return array_value(np.load(file, allow_pickle=False), reading.keeper)
    except (ValueError, TypeError, KeyError, EOFError, OSError, SyntaxError, struct.error) as error:
        raise UnreadableError(f"no array: {error}") from error


def _header(file: BytesIO) -> tuple[tuple[int, ...], np.dtype[Any]]:
    """Shape and dtype, and the file at the first element."""
    version = np.lib.format.read_magic(file)
    (length,) = struct.unpack("<H", file.read(2)) if version == (1, 0) else struct.unpack("<I", file.read(4))
    header = ast.literal_eval(file.read(length).decode("latin-1" if version < (3, 0) else "utf-8").strip())
    return tuple(header["shape"]), np.lib.format.descr_to_dtype(header["descr"])


def is_safetensors(content: Content) -> bool:
    """By the name, or by a header of JSON behind its length."""
    return content.suffix == ".safetensors" or content.head[8:10] == b'{"'


def read_safetensors(content: Content, reading: Reading) -> Value:
    """The tensors by name, and the metadata."""
    reading.take(content.size)
    data = content.read()
    try:
        (length,) = struct.unpack_from("<Q", data)
        if length > min(_LONGEST_HEADER, len(data) - 8):
            raise UnreadableError("no safetensors: the header is cut off")
        header = json.loads(data[8 : 8 + length])
        metadata = header.pop("__metadata__", {})
        body = memoryview(data)[8 + length :]
        tensors = {name: _tensor(entry, body) for name, entry in header.items()}
    except (struct.error, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise UnreadableError(f"no safetensors: {error}") from error
    fields: dict[str, Value] = {
        "tensors": mapping_value(
            "dict", ((name, array_value(tensor, reading.keeper)) for name, tensor in tensors.items())
        ),
    }
    if metadata:
        fields["metadata"] = text_value(json.dumps(metadata, indent=1, sort_keys=True), reading.keeper)
    return object_value("safetensors", fields)


def widened(values: Any) -> Any:
    """bfloat16, as its bits, as the float32 numbers that it stands for."""
    return (values.astype(np.uint32) << 16).view(np.float32)


def _tensor(entry: Any, body: memoryview) -> Any:
    start, end = entry["data_offsets"]
    dtype = np.dtype(_TENSORS[entry["dtype"]])
    values = np.frombuffer(body[start:end], dtype=dtype).reshape(entry["shape"])
    return widened(values) if entry["dtype"] == "BF16" else values
