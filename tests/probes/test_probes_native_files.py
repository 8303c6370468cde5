"""Files that native libraries open without telling Python are told all the same."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from .children import run_plain, run_script
from .test_probes_accesses import told
from .test_probes_listing import conditions

PANDAS = """
import pandas as pd
frame = pd.DataFrame({"a": [1, 2]})
frame.to_parquet("made.parquet")
print(pd.read_parquet("made.parquet")["a"].tolist(), pd.read_parquet("parts")["a"].tolist())
frame.to_feather("made.feather")
pd.read_feather("made.feather")
"""
PYARROW = """
import io
import pyarrow as pa
import pyarrow.csv, pyarrow.dataset as ds, pyarrow.feather, pyarrow.parquet as pq
table = pa.table({"a": [3]})
pq.write_table(table, "made.parquet")
print(pq.read_table("made.parquet").num_rows, pq.ParquetFile("parts/y.parquet").read().num_rows)
print(ds.dataset("parts").count_rows(), ds.dataset(["parts/x.parquet"]).count_rows())
pa.csv.write_csv(table, output_file="made.csv")
print(pa.csv.read_csv("made.csv").num_rows, pa.csv.read_csv(io.BytesIO(b"a\\n1")).num_rows)
pa.feather.write_feather(table, "made.feather")
print(pa.feather.read_table("made.feather").num_rows)
ds.write_dataset(table, base_dir="made", format="parquet")
try: pq.read_table("absent.parquet")
except OSError as error: print(type(error))
"""
POLARS = """
import inspect, io, traceback, warnings
import polars as pl
frame = pl.DataFrame({"a": [1]})
frame.write_csv("made.csv")
print(frame.write_csv(), pl.read_csv("made.csv").shape, pl.read_csv("table*.csv").shape)
frame.lazy().sink_parquet("made.parquet")
print(pl.scan_parquet(source="made.parquet").collect().shape, pl.read_csv(io.BytesIO(b"a\\n1")).shape)
try: pl.read_csv("absent.csv")
except Exception as error: print(type(error), len(traceback.extract_tb(error.__traceback__)))
print(inspect.signature(pl.read_csv), pl.read_csv.__module__, inspect.getsource(pl.DataFrame.write_csv)[:40])
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    try: pl.read_csv("made.csv", dtypes={"a": pl.Int64})
    except TypeError as error: print(error)
print([(one.filename.rpartition("/")[2], one.lineno) for one in caught])
"""
DUCKDB = """
import duckdb
import pandas as pd
frame = pd.DataFrame({"a": [1, 2]})
print(duckdb.sql("select sum(a) from frame").fetchall(), duckdb.read_csv("table.csv").fetchall())
connection = duckdb.connect("made.db")
print(connection.sql("select count(*) from frame").fetchall(), connection.read_csv("table*.csv").fetchall())
connection.close()
duckdb.connect(":memory:").close()
"""
EXPECTED = {
    "pandas": (
        PANDAS,
        [
            (4, "written", "made.parquet"),
            (5, "read", "made.parquet"),
            (5, "listed", "parts"),
            (5, "read", "parts/x.parquet"),
            (5, "read", "parts/y.parquet"),
            (6, "written", "made.feather"),
            (7, "read", "made.feather"),
        ],
        ["order of the files that pyarrow lists"],
    ),
    "pyarrow": (
        PYARROW,
        [
            (6, "written", "made.parquet"),
            (7, "read", "made.parquet"),
            (7, "read", "parts/y.parquet"),
            (8, "listed", "parts"),
            (8, "read", "parts/x.parquet"),
            (9, "written", "made.csv"),
            (10, "read", "made.csv"),
            (11, "written", "made.feather"),
            (12, "read", "made.feather"),
            (13, "written", "made"),
            (14, "read", "absent.parquet"),
        ],
        ["order of the files that pyarrow lists"],
    ),
    "polars": (
        POLARS,
        [
            (5, "written", "made.csv"),
            (6, "read", "made.csv"),
            (6, "listed", "."),
            (6, "read", "table.csv"),
            (7, "written", "made.parquet"),
            (8, "read", "made.parquet"),
            (9, "read", "absent.csv"),
        ],
        ["order of the files that polars lists"],
    ),
    "duckdb": (
        DUCKDB,
        [(5, "read", "table.csv"), (6, "read", "made.db"), (7, "listed", ".")],
        ["files named in SQL of DuckDB", "order of the files that duckdb lists"],
    ),
}


@pytest.mark.parametrize("library", EXPECTED)
def test_native_readers_and_writers(tmp_path: Path, library: str) -> None:
    """Nothing that they do or say changes; what they list and sort themselves is said not to be varied."""
    pytest.importorskip(library)
    pytest.importorskip("pyarrow" if library == "pandas" else library)
    source, expected, said = EXPECTED[library]
    project, plain = tmp_path / "project", tmp_path / "plain"
    for folder in (project, plain):
        (folder / "parts").mkdir(parents=True)
        (folder / "table.csv").write_text("a\n7\n")
        (folder / "train.py").write_text(source)
        if library in {"pandas", "pyarrow"}:
            _write_parts(folder / "parts")
    child = run_script(project, source, conditions=conditions())
    assert (child.code, child.stdout, child.stderr) == run_plain(plain)
    assert child.code == 0, child.stderr
    found = told(child)
    assert sorted(found, key=str) == sorted(expected, key=str)
    assert [line for line, _, _ in found] == sorted(line for line, _, _ in expected)
    assert [one.what for one in child.not_compared] == said


def _write_parts(folder: Path) -> None:
    for number, name in enumerate(("y", "x")):
        pd.DataFrame({"a": [number]}).to_parquet(folder / f"{name}.parquet")
