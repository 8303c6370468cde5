"""Contents of each format with one number in them that can be changed."""

from __future__ import annotations

import bz2
import gzip
import importlib
import io
import json
import lzma
import pickle
import sqlite3
import struct
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

Make = Callable[[float], bytes]


def csv_text(number: float) -> bytes:
    """A table of two columns."""
    return f"age,city\n31,Ulm\n{number!r},Bonn\n".encode()


def _through(write: Callable[[Path], object]) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "file")
        write(path)
        return path.read_bytes()


def _buffered(write: Callable[[io.BytesIO], object]) -> bytes:
    buffer = io.BytesIO()
    write(buffer)
    return buffer.getvalue()


def numbers(number: float) -> Any:
    """An array with the number in it."""
    return np.array([1.5, number, -2.0])


def zipped(members: Mapping[str, bytes], when: int = 2020, *, encrypted: bool = False) -> bytes:
    """A zip of these members, in this order."""

    def write(buffer: io.BytesIO) -> None:
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in members.items():
                archive.writestr(zipfile.ZipInfo(name, (when, 1, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED)

    data = bytearray(_buffered(write))
    if encrypted:
        data[6] |= 1
        data[data.rindex(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


def tarred(members: Mapping[str, bytes], when: int = 0) -> bytes:
    """A tar of these members, in this order."""

    def write(buffer: io.BytesIO) -> None:
        with tarfile.open(fileobj=buffer, mode="w") as archive:
            for name, data in members.items():
                info = tarfile.TarInfo(name)
                info.size, info.mtime = len(data), when
                archive.addfile(info, io.BytesIO(data))

    return _buffered(write)


def database(*rows: tuple[int, float], key: bool = True) -> bytes:
    """A database of one table."""

    def write(path: Path) -> None:
        connection = sqlite3.connect(path)
        connection.execute(f"CREATE TABLE scores (fold INTEGER{' PRIMARY KEY' if key else ''}, score REAL)")
        connection.executemany("INSERT INTO scores VALUES (?, ?)", rows)
        connection.commit()
        connection.close()

    return _through(write)


def picture(number: float) -> bytes:
    """A grey square."""
    return _buffered(lambda buffer: Image.new("L", (4, 4), int(number * 10)).save(buffer, "png"))


def safetensors(number: float) -> bytes:
    """One tensor, as the format has it."""
    data: bytes = numbers(number).astype("<f4").tobytes()
    header = json.dumps({"weight": {"dtype": "F32", "shape": [3], "data_offsets": [0, len(data)]}}).encode()
    return struct.pack("<Q", len(header)) + header + data


def pdf(number: float, date: str = "D:20200101") -> bytes:
    """One stream of drawing instructions, and the date of making."""
    stream = zlib.compress(f"{number!r} 0 m 10 10 l S".encode())
    info = b"1 0 obj\n<< /CreationDate (%s) >>\nendobj\n" % date.encode()
    drawing = b"2 0 obj\n<< /Filter /FlateDecode >>\nstream\n%s\nendstream\nendobj\n" % stream
    return b"%PDF-1.4\n" + info + drawing


def notebook(number: float, count: int = 1) -> bytes:
    """A cell with one output."""
    output = {"output_type": "stream", "name": "stdout", "text": [f"score {number!r}\n"]}
    cell = {
        "cell_type": "code", "execution_count": count, "id": f"id{count}", "metadata": {"execution": {"at": count}},
        "source": ["print(score)"], "outputs": [output],
    }  # fmt: skip
    return json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()


def _joblib(number: float, **options: Any) -> bytes:
    joblib = importlib.import_module("joblib")
    return _through(lambda path: joblib.dump({"weights": numbers(number)}, path, **options))


def _parquet(number: float) -> bytes:
    pandas = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    return _through(lambda path: pandas.DataFrame({"age": [31.0, number]}).to_parquet(path))


def _feather(number: float) -> bytes:
    pandas = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    return _through(lambda path: pandas.DataFrame({"age": [31.0, number]}).to_feather(path))


def _hdf5(number: float) -> bytes:
    h5py = pytest.importorskip("h5py")

    def write(path: Path) -> None:
        with h5py.File(path, "w") as file:
            file["models/weights"] = numbers(number)
            file["models"].attrs["kind"] = "ridge"

    return _through(write)


def _netcdf(number: float) -> bytes:
    scipy = importlib.import_module("scipy.io")

    def write(path: Path) -> None:
        with scipy.netcdf_file(str(path), "w") as file:
            file.createDimension("x", 3)
            file.createVariable("weights", "d", ("x",))[:] = numbers(number)

    return _through(write)


def _torch(number: float) -> bytes:
    torch = pytest.importorskip("torch")
    state = {"layer.weight": torch.tensor([[1.5, number]]).t(), "epoch": 3}
    return _through(lambda path: torch.save(state, path))


def _onnx(number: float) -> bytes:
    onnx = pytest.importorskip("onnx")
    helper = importlib.import_module("onnx.helper")
    weights = importlib.import_module("onnx.numpy_helper").from_array(numbers(number), "weights")
    node = helper.make_node("Add", ["x", "weights"], ["y"])
    inside, outside = (helper.make_tensor_value_info(name, onnx.TensorProto.DOUBLE, [3]) for name in "xy")
    graph = helper.make_graph([node], "sum", [inside], [outside], [weights])
    return bytes(helper.make_model(graph).SerializeToString())


def _ubj(number: float) -> bytes:
    xgboost = pytest.importorskip("xgboost")
    data = xgboost.DMatrix(np.arange(3.0).reshape(-1, 1), label=numbers(number))
    booster = xgboost.train({"max_depth": 1, "nthread": 1, "min_child_weight": 0}, data, num_boost_round=2)
    return bytes(booster.save_raw("ubj"))


MAKERS: Mapping[str, Make] = {
    "table.csv": csv_text,
    "table.tsv": lambda number: csv_text(number).replace(b",", b"\t"),
    "metrics.json": lambda number: json.dumps({"fold": 3, "scores": [0.5, number]}).encode(),
    "log.jsonl": lambda number: b'{"step": 1}\n' + json.dumps({"loss": number}).encode(),
    "report.txt": lambda number: f"score {number!r}\n".encode(),
    "report.md": lambda number: f"# Report\n\n| score |\n|---|\n| {number!r} |\n".encode(),
    "params.yaml": lambda number: f"alpha: {number!r}\n".encode(),
    "page.html": lambda number: f"<html><td>{number!r}</td></html>".encode(),
    "plot.svg": lambda number: f"<svg><path d='M {number!r} 0'/></svg>".encode(),
    "run.ipynb": notebook,
    "weights.npy": lambda number: _buffered(lambda buffer: np.save(buffer, numbers(number))),
    "weights.npz": lambda number: _buffered(lambda buffer: np.savez(buffer, w=numbers(number))),
    "weights-small.npz": lambda number: _buffered(lambda buffer: np.savez_compressed(buffer, w=numbers(number))),
    "model.pkl": lambda number: pickle.dumps({"weights": numbers(number), "alpha": 0.5}),
    "model-old.pkl": lambda number: pickle.dumps({"weights": numbers(number), "alpha": 0.5}, protocol=0),
    "model.joblib": _joblib,
    "model-zlib.joblib": lambda number: _joblib(number, compress=3),
    "model-xz.joblib": lambda number: _joblib(number, compress=("xz", 3)),
    "table.csv.gz": lambda number: gzip.compress(csv_text(number), mtime=1),
    "table.csv.bz2": lambda number: bz2.compress(csv_text(number)),
    "table.csv.xz": lambda number: lzma.compress(csv_text(number)),
    "tables.zip": lambda number: zipped({"a.csv": csv_text(number), "b.txt": b"b"}),
    "tables.tar": lambda number: tarred({"a.csv": csv_text(number), "b.txt": b"b"}),
    "tables.tar.gz": lambda number: gzip.compress(tarred({"a.csv": csv_text(number)}), mtime=1),
    "scores.db": lambda number: database((1, 0.5), (2, number)),
    "plot.png": picture,
    "plot.pdf": pdf,
    "model.safetensors": safetensors,
    "table.parquet": _parquet,
    "table.feather": _feather,
    "data.h5": _hdf5,
    "data.nc": _netcdf,
    "model.pt": _torch,
    "model.onnx": _onnx,
    "model.ubj": _ubj,
    "unknown.bin": lambda number: b"\0\1\2" * 3000 + struct.pack("<d", number),
}
"""File name -> its content with a number in it."""
EXACT = frozenset({"unknown.bin", "plot.png"})
"""Where numbers have no tolerance."""
