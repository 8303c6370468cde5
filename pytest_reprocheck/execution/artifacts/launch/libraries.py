"""Reads files for the audit in a process of its own: a JSON request a line comes in, a JSON answer a line goes out.

Started by path with the subject's interpreter; the standard library, and whatever library of that interpreter knows the
format. Arrays are left as files in the folder that the request names.
"""

# Started as a program: nothing is imported from the package, and paths are plain texts.
# ruff: noqa: PTH118

from __future__ import annotations

import json
import os
import sys
from typing import Any

_numbers = iter(range(10**9))


class MissingError(Exception):
    """No library that reads the format."""


def main() -> None:
    """Answer until the input ends; what libraries print goes nowhere."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    for line in sys.stdin:
        request = json.loads(line)
        answers.write(json.dumps(answer(request)) + "\n")
        answers.flush()


def answer(request: dict[str, str]) -> dict[str, Any]:
    """``found`` what the file holds, or the ``reason`` why not; ``missing`` where no library knows the format."""
    try:
        return {"found": _READERS[request["kind"]](request["path"], request["folder"])}
    except MissingError as error:
        return {"reason": str(error), "missing": True}
    except Exception as error:  # any library, any error: the parent is told
        return {"reason": f"{type(error).__name__}: {str(error)[:200]}"}


def made(kind: str, /, **parts: Any) -> dict[str, Any]:
    """An object with named parts."""
    return {"kind": "made", "type": kind, "parts": parts}


def array(values: Any, folder: str) -> dict[str, Any]:
    """An array of numbers or fixed text as a file; Python objects as their reprs."""
    import numpy as np

    values = np.asarray(values)
    if values.dtype.hasobject or (values.dtype.kind == "V" and values.dtype.names is None):
        return {"kind": "reprs", "reprs": [shown(each) for each in values.ravel().tolist()]}
    name = f"array-{next(_numbers)}.npy"
    np.save(os.path.join(folder, name), values, allow_pickle=False)
    return {"kind": "array", "file": name}


def shown(value: Any) -> str:
    """A value's repr, of text and bytes too."""
    return repr(value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else value)


def first_of(*names: str) -> Any:
    """The first of these modules that is there."""
    import importlib

    for name in names:
        try:
            return importlib.import_module(name)
        except ImportError:
            continue
    raise MissingError(f"no library that reads it ({', '.join(name.partition('.')[0] for name in names)})")


def read_parquet(path: str, folder: str) -> dict[str, Any]:
    """The table, and the schema's metadata."""
    library = first_of("pyarrow.parquet", "polars")
    if library.__name__ == "polars":
        return made("parquet", table=polars_table(library.read_parquet(path), folder))
    file = library.ParquetFile(path)
    return made("parquet", table=arrow_table(file.read(), folder), metadata=metadata(file.schema_arrow))


def read_arrow(path: str, folder: str) -> dict[str, Any]:
    """An Arrow IPC file, as feather is."""
    library = first_of("pyarrow.ipc", "polars")
    if library.__name__ == "polars":
        return made("arrow", table=polars_table(library.read_ipc(path, memory_map=False), folder))
    with library.open_file(path) as file:
        table = file.read_all()
    return made("arrow", table=arrow_table(table, folder), metadata=metadata(table.schema))


def read_feather(path: str, folder: str) -> dict[str, Any]:
    """Feather as it was before Arrow."""
    table = first_of("pyarrow.feather").read_table(path, memory_map=False)
    return made("feather", table=arrow_table(table, folder))


def metadata(schema: Any) -> dict[str, Any]:
    """What the writer noted beside the columns; versions of libraries do not count."""
    found = {
        key.decode("utf-8", "replace"): value.decode("utf-8", "replace")
        for key, value in (schema.metadata or {}).items()
    }
    try:
        pandas = json.loads(found.get("pandas", "{}"))
        pandas.pop("pandas_version", None)
        pandas.pop("creator", None)
        if pandas:
            found["pandas"] = json.dumps(pandas, sort_keys=True)
    except (ValueError, AttributeError):
        pass
    return made("metadata", **found)


def arrow_table(table: Any, folder: str) -> dict[str, Any]:
    """Columns of an Arrow table: numbers as arrays, all else as reprs."""
    types = first_of("pyarrow.types")

    columns = []
    for column in table.columns:
        kind = column.type
        plain = types.is_integer(kind) or types.is_floating(kind) or types.is_boolean(kind)
        if plain and not column.null_count:
            columns.append(array(column.to_numpy(), folder))
        else:
            columns.append({"kind": "reprs", "reprs": [shown(each) for each in column.to_pylist()]})
    return table_of(table.column_names, columns, [str(field.type) for field in table.schema])


def polars_table(frame: Any, folder: str) -> dict[str, Any]:
    """Columns of a polars frame."""
    columns = []
    for column in frame.get_columns():
        if column.dtype.is_numeric() and not column.null_count():
            columns.append(array(column.to_numpy(), folder))
        else:
            columns.append({"kind": "reprs", "reprs": [shown(each) for each in column.to_list()]})
    return table_of(frame.columns, columns, [str(column.dtype) for column in frame.get_columns()])


def table_of(names: Any, columns: list[Any], dtypes: list[str]) -> dict[str, Any]:
    """Named columns."""
    return made("(table)", kind="table", columns=[str(name) for name in names], data=columns, dtypes=dtypes)


def read_hdf5(path: str, folder: str) -> dict[str, Any]:
    """Groups, datasets and attributes; links to other files by where they lead."""
    with first_of("h5py").File(path, "r") as file:
        return group(file, folder, 0)


def group(node: Any, folder: str, depth: int) -> dict[str, Any]:
    """One group of an HDF5 file."""
    h5py = first_of("h5py")

    if depth > 50:
        raise ValueError("groups nested too deep")
    parts: dict[str, Any] = {}
    for name in sorted(node):
        link = node.get(name, getlink=True)
        if isinstance(link, (h5py.ExternalLink, h5py.SoftLink)):
            where = f"{getattr(link, 'filename', '')}:{link.path}"
            parts[name] = {"kind": "told", "type": "link", "text": where}
            continue
        child = node[name]
        parts[name] = group(child, folder, depth + 1) if isinstance(child, h5py.Group) else dataset(child, folder)
    return made("group", **parts, **attributes(node, folder))


def dataset(node: Any, folder: str) -> dict[str, Any]:
    """One dataset; a named type has only its description."""
    if not hasattr(node, "shape"):
        return {"kind": "told", "type": "named type", "text": str(node.dtype)}
    if node.nbytes > 2**28:
        raise ValueError("a dataset of more than 256 MiB")
    if getattr(node, "external", None) or getattr(node, "is_virtual", False):
        return {"kind": "told", "type": "dataset in other files", "text": str(node.shape)}
    values = {"values": array(node[()], folder)} if node.shape is not None else {}
    return made(f"dataset {node.dtype}", **values, **attributes(node, folder))


def attributes(node: Any, folder: str) -> dict[str, Any]:
    """The attributes, each with ``@`` before its name."""
    found = {}
    for name in sorted(node.attrs):
        value = node.attrs[name]
        if not hasattr(value, "dtype") or not value.shape:
            found[f"@{name}"] = {"kind": "told", "type": type(value).__name__, "text": shown(value)}
        else:
            found[f"@{name}"] = array(value, folder)
    return found


def read_netcdf(path: str, folder: str) -> dict[str, Any]:
    """The classic format: variables and attributes."""
    with first_of("scipy.io").netcdf_file(path, "r", mmap=False) as file:
        variables = {name: array(variable[...], folder) for name, variable in sorted(file.variables.items())}
        noted = {
            f"@{name}": {"kind": "told", "type": "attribute", "text": shown(value)}
            for name, value in sorted(file._attributes.items())  # noqa: SLF001
        }
    return made("netcdf", **variables, **noted)


def read_onnx(path: str, folder: str) -> dict[str, Any]:
    """The graph as text, and its weights."""
    onnx = first_of("onnx")
    helper = first_of("onnx.numpy_helper")
    model = onnx.load(path, load_external_data=False)
    weights = {}
    for tensor in model.graph.initializer:
        outside = tensor.data_location == onnx.TensorProto.EXTERNAL
        text = {"kind": "told", "type": "weights in another file", "text": str(list(tensor.dims))}
        weights[tensor.name] = text if outside else array(helper.to_array(tensor), folder)
    del model.graph.initializer[:]
    return made("onnx", graph=str(model), weights=made("weights", **weights))


def read_ubjson(path: str, folder: str) -> dict[str, Any]:
    """A model of xgboost as its JSON."""
    library = first_of("xgboost")
    booster = library.Booster()
    booster.load_model(path)
    text = bytes(booster.save_raw("json")).decode("utf-8")
    return made("xgboost model", model=document(json.loads(text), folder))


def document(node: Any, folder: str) -> Any:
    """JSON data in the form of answers."""
    if isinstance(node, dict):
        return made("dict", **{str(name): document(each, folder) for name, each in node.items()})
    if isinstance(node, list):
        return [document(each, folder) for each in node]
    return node


_READERS = {
    "parquet": read_parquet,
    "arrow": read_arrow,
    "feather": read_feather,
    "hdf5": read_hdf5,
    "netcdf": read_netcdf,
    "onnx": read_onnx,
    "ubjson": read_ubjson,
}

if __name__ == "__main__":
    main()
