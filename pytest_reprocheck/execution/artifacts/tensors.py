"""torch's checkpoints: a pickle beside the raw data of its tensors, in a zip."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import numpy as np

from pytest_reprocheck.core.values import Value
from pytest_reprocheck.execution.artifacts.arrays import widened
from pytest_reprocheck.execution.artifacts.content import Reading
from pytest_reprocheck.execution.artifacts.nodes import Made, UnreadableError
from pytest_reprocheck.execution.artifacts.pickle_machine import Call, Global, Persistent, load
from pytest_reprocheck.execution.artifacts.pickled_objects import known_objects
from pytest_reprocheck.execution.artifacts.telling import tell

_STORAGES = {
    "Double": "<f8", "Float": "<f4", "Half": "<f2", "BFloat16": "<u2", "Long": "<i8", "Int": "<i4", "Short": "<i2",
    "Char": "|i1", "Byte": "|u1", "Bool": "|b1", "ComplexFloat": "<c8", "ComplexDouble": "<c16",
}  # fmt: skip
_PICKLE = "data.pkl"


def is_torch(names: Sequence[str]) -> bool:
    """Whether an archive's members are those of a checkpoint."""
    return any(name == _PICKLE or name.endswith(f"/{_PICKLE}") for name in names)


def read_torch(archive: zipfile.ZipFile, reading: Reading) -> Value:
    """The object that was saved, its tensors as arrays; the name of the archive's folder does not count."""
    names = archive.namelist()
    main = next(name for name in names if name == _PICKLE or name.endswith(f"/{_PICKLE}"))
    storages = _Storages(archive=archive, prefix=main.removesuffix(_PICKLE))
    saved = load(BytesIO(archive.read(main)))
    rebuild = {
        "torch._utils._rebuild_tensor_v2": storages.tensor,
        "torch._utils._rebuild_tensor": storages.tensor,
        "torch._utils._rebuild_parameter": _parameter,
    }
    known = known_objects(rebuild)
    code = {name.partition("/")[2]: archive.read(name) for name in names if "/code/" in name}
    parts = {"saved": saved}
    if code:
        parts["code"] = {name: data.decode("utf-8", "replace") for name, data in sorted(code.items())}
    return tell(Made(type="torch checkpoint", parts=parts), reading.keeper, known)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Storages:
    archive: zipfile.ZipFile
    prefix: str

    def tensor(self, call: Call) -> Any:
        storage, offset, size, stride, *_more = call.arguments
        if not isinstance(storage, Persistent):
            raise UnreadableError("a tensor without its data")
        tag, kind, key, _place, count = storage.identity
        if tag != "storage" or not isinstance(kind, Global):
            raise UnreadableError("a tensor without its data")
        name = kind.name.rpartition(".")[2].removesuffix("Storage")
        data = self.archive.read(f"{self.prefix}data/{key}")
        values = np.frombuffer(data, dtype=np.dtype(_STORAGES[name]))[:count]
        last = offset + sum((length - 1) * step for length, step in zip(size, stride, strict=True))
        empty = 0 in size
        if not empty and (last >= len(values) or offset < 0 or any(step < 0 for step in stride)):
            raise UnreadableError("a tensor that is larger than its data")
        if int(np.prod(size, dtype=object)) > max(len(values), 1) * 16:
            raise UnreadableError("a tensor that is expanded")
        if empty:
            shaped = np.zeros(size, dtype=values.dtype)
        else:
            steps = [step * values.itemsize for step in stride]
            shaped = np.lib.stride_tricks.as_strided(values[offset:], tuple(size), steps, writeable=False)
        return np.ascontiguousarray(widened(shaped) if name == "BFloat16" else shaped).reshape(tuple(size))


def _parameter(call: Call) -> Any:
    return Made(type="torch.nn.Parameter", parts={"data": call.arguments[0]})
