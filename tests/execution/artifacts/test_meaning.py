"""What is told of two files that differ: orders apart from values, and noise that formats add."""

from __future__ import annotations

import gzip
import io
import json
import sqlite3
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.execution.artifacts.bench import Bench
from tests.execution.artifacts.samples import csv_text, database, notebook, pdf, tarred, zipped

CSV = {
    "values": ("a,b\n1.5,x\n2.5,y\n", "a,b\n1.5,x\n2.75,y\n", "different: values differ in 1 of 2 rows, first row 1"),
    "rows": ("a,b\n1.5,x\n2.5,y\n", "a,b\n2.5,y\n1.5,x\n", "ordering only: rows reordered"),
    "columns": ("a,b\n1.5,x\n", "b,a\nx,1.5\n", "ordering only: columns reordered"),
    "rounding": ("a,b\n0.1,x\n", "a,b\n0.10000000000000001,x\n", "within tolerance: "),
    "names": ("a,b\n1,x\n", "a,c\n1,x\n", "different: columns only in A: b, only in B: c"),
    "lengths": ("a,b\n1,x\n", "a,b\n1,x\n2,y\n", "different: 1 rows | 2 rows"),
    "codes": ("a;b\n007;x\n", "a;b\n7;x\n", "different: dtypes a text | int64"),
    "missing": ("a\n1.5\n\n", "a\n1.5\n2.5\n", "different: 1 rows | 2 rows"),
    "delimiters": ("a;b\n1;x\n", "a,b\n1,x\n", "different: "),
    "no header": ("1,x\n2,y\n", "1,x\n3,y\n", "different: values differ in 1 of 2 rows, first row 1: column 1"),
    "decimal commas": ("a;b\n1,5;2\n", "a;b\n1,6;2\n", "different: values differ in 1 of 1 rows, first row 0: a"),
    "long numbers": ("a\n12345678901234567890\n", "a\n12345678901234567891\n", "different: "),
    "quotes": ('a,b\n1,"x"\n', "a,b\n1,x\n", "identical"),
    "line ends": ("a,b\n1,x\n", "a,b\r\n1,x\r\n", "different: "),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(CSV))
def test_tables_in_text(bench: Bench, name: str) -> None:
    """Values, rows, columns, types and form apart."""
    a, b, expected = CSV[name]
    assert bench.judged("table.csv", a.encode(), b.encode()).startswith(expected)


OFFICE = b"<dcterms:created x='1'>%s</dcterms:created>"
NOISE = {
    "gzip time": (gzip.compress(b"same", mtime=1), gzip.compress(b"same", mtime=2), "container-time"),
    "zip times": (zipped({"a": b"same"}), zipped({"a": b"same"}, 2021), "container-time"),
    "tar times": (tarred({"a": b"same"}), tarred({"a": b"same"}, 5), "container-time"),
    "pdf date": (pdf(1.5), pdf(1.5, "D:20210101"), "pdf-metadata"),
    "notebook counts": (notebook(1.5), notebook(1.5, 7), ""),
    "npz times": (
        zipped({"w.npy": b"\x93NUMPY-broken"}),
        zipped({"w.npy": b"\x93NUMPY-broken"}, 2021),
        "container-time",
    ),
    "office times": (OFFICE % b"2020-01-01", OFFICE % b"2021-01-01", "container-time"),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(NOISE))
def test_what_formats_add_is_no_difference(bench: Bench, name: str) -> None:
    """Times in containers are info; execution counts and generated ids of cells are not looked at."""
    a, b, note = NOISE[name]
    if name == "office times":
        a, b = (zipped({"docProps/core.xml": member, "a.xml": b"<a/>"}) for member in (a, b))
    told = bench.judged("run.ipynb" if "notebook" in name else "file", a, b)
    assert told == (f"equal after normalisers: {note}" if note else "identical")


def test_pixel_identical_pictures_are_equal(bench: Bench) -> None:
    """Whatever the compression."""

    def saved(level: int) -> bytes:
        buffer = io.BytesIO()
        Image.fromarray(np.arange(256, dtype=np.uint8).reshape(16, 16)).save(buffer, "png", compress_level=level)
        return buffer.getvalue()

    assert bench.judged("plot.png", saved(0), saved(9)) == "equal after normalisers: pixel-identical"


def test_members_in_another_order_are_ordering_only(bench: Bench) -> None:
    """In archives, and keys in JSON."""
    a, b = {"a.csv": csv_text(1.5), "b.txt": b"b"}, {"b.txt": b"b", "a.csv": csv_text(1.5)}
    assert bench.judged("a.zip", zipped(a), zipped(b)).startswith("ordering only")
    assert bench.judged("a.tar", tarred(a), tarred(b)).startswith("ordering only")
    keys = json.dumps({"x": 1, "y": 2}).encode(), json.dumps({"y": 2, "x": 1}).encode()
    assert bench.judged("a.json", *keys) == "ordering only: keys reordered: x and y swapped"


def test_rows_of_a_database_with_a_key_have_no_order(bench: Bench) -> None:
    """The order in which they were put in counts only where no key says where they belong."""
    rows = (1, 0.5), (2, 0.75)
    assert bench.judged("a.db", database(*rows), database(*reversed(rows))) == "identical"
    told = bench.judged("a.db", database(*rows, key=False), database(*reversed(rows), key=False))
    assert told.startswith("ordering only")


def test_a_database_is_read_with_its_journal(bench: Bench, tmp_path: Path) -> None:
    """What a dead process left in the write-ahead log counts, and the file itself is not touched."""
    path = tmp_path / "live.db"
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("CREATE TABLE t (a)")
    before = path.read_bytes()
    empty = bench.read("a", "live.db", path)
    connection.execute("INSERT INTO t VALUES (1)")
    assert path.read_bytes() == before
    assert bench.read("b", "live.db", path).digest != empty.digest
    assert path.read_bytes() == before
    connection.close()


def test_times_in_logs_are_normalised(bench: Bench) -> None:
    """As they are on standard output; a score beside them still counts."""
    a, b = "2026-11-21 10:00:00,123 INFO took 1.2 s", "2026-11-22 11:00:00,999 INFO took 3.4 s"
    assert bench.judged("train.log", a.encode(), b.encode()).startswith("equal after normalisers")
    short = b"[10:00:00] start\n2026-11-21 10:00:00 | end", b"[10:00:01] start\n2026-11-21 10:00:02 | end"
    assert bench.judged("train.log", *short) == "equal after normalisers: log-time"
    assert bench.judged("notes.txt", *short).startswith("different")
    assert bench.judged("train.log", f"{a} score 0.5".encode(), f"{b} score 0.6".encode()).startswith("different")


def test_text_in_any_encoding_is_text(bench: Bench) -> None:
    """UTF-8 with a mark, UTF-16 and Latin-1."""
    text = "name,age\nMüller,31\n"
    for encoding in ("utf-8-sig", "utf-16", "latin-1"):
        a, b = text.encode(encoding), text.replace("31", "32").encode(encoding)
        assert "values differ in 1 of 1 rows" in bench.judged("a.csv", a, b)
        assert "bytes" not in bench.judged("a.txt", a, b)
