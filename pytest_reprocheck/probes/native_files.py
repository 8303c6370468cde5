"""Files that pyarrow, polars and DuckDB open by themselves, without an audit event: their functions are watched.

What such a library finds in a folder or by a pattern it sorts itself, so no listing can vary it; that is said once.
SQL texts of DuckDB are not looked at: a frame between it and user code would hide the user's tables from it.
"""

# Callers' frames have no public name; pathlib costs every child milliseconds at its start.
# ruff: noqa: SLF001, PTH112, PTH118, PTH120, PTH207

from __future__ import annotations

import functools
import sys
from os import fsdecode, fspath, path

from .frames import without_this_frame

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from types import FrameType
    from typing import Any

    from .accesses import Accesses
    from .probe import Probe

_MAGIC = frozenset("*?[")
_ARGUMENTS = (
    "source", "file", "path", "where", "target", "path_or_paths", "base_dir", "root_path", "input_file", "output_file",
    "dest", "path_or_buffer", "file_glob", "database", "workbook",
)  # fmt: skip
"""What the argument that names files is called where it is given by name."""
_FORMATS = (
    "avro", "csv", "csv_batched", "delta", "excel", "ipc", "ipc_schema", "ipc_stream", "json", "lines", "ndjson", "ods",
    "parquet", "parquet_metadata", "parquet_schema",
)  # fmt: skip


def hooks(probe: Probe, accesses: Accesses) -> dict[str, Callable[[Any], None]]:
    """What is to be done with these libraries when they are imported."""
    natives = _Natives(probe, accesses)
    reads, writes = natives.reads, natives.writes

    def polars(module: Any) -> None:
        reads(module, "polars", [f"{verb}_{kind}" for verb in ("read", "scan") for kind in _FORMATS])
        writes(module.DataFrame, [f"write_{kind}" for kind in _FORMATS])
        writes(module.LazyFrame, [f"sink_{kind}" for kind in _FORMATS])

    def parquet(module: Any) -> None:
        # Whatever reads or writes a table makes one of these.
        reads(module.ParquetFile, "pyarrow", ["__init__"])
        reads(module.ParquetDataset, "pyarrow", ["__init__"])
        writes(module.ParquetWriter, ["__init__"])

    def dataset(module: Any) -> None:
        reads(module, "pyarrow", ["dataset", "parquet_dataset"])
        writes(module, ["write_dataset"], place=1)

    def arrow_text(module: Any) -> None:
        reads(module, "pyarrow", ["open_csv", "open_json", "read_csv", "read_json", "read_feather", "read_table"])
        writes(module, ["write_csv", "write_feather"], place=1)

    def pandas(module: Any) -> None:
        # It gives pyarrow a stream that pyarrow opened.
        writes(module, ["to_parquet"], place=1)

    def duckdb(module: Any) -> None:
        names = ["from_csv_auto", "from_parquet", "read_csv", "read_json", "read_parquet"]
        reads(module, "duckdb", ["connect", *names])
        reads(module.DuckDBPyConnection, "duckdb", names)
        probe.not_compared("files named in SQL of DuckDB", "its engine opens them unseen")

    return {
        "duckdb": duckdb,
        "pandas.io.parquet": pandas,
        "polars": polars,
        "pyarrow.csv": arrow_text,
        "pyarrow.dataset": dataset,
        "pyarrow.feather": arrow_text,
        "pyarrow.json": arrow_text,
        "pyarrow.parquet": parquet,
    }


class _Natives:
    """Notes what native functions are given to read and to write."""

    def __init__(self, probe: Probe, accesses: Accesses) -> None:
        self._probe = probe
        self._accesses = accesses
        self._sorting: set[str] = set()

    def reads(self, owner: Any, library: str, names: Iterable[str]) -> None:
        """Watch functions of a module, or methods of a class, whose first argument names files to read."""
        self._watch(owner, names, functools.partial(self._read, library), 0)

    def writes(self, owner: Any, names: Iterable[str], *, place: int = 0) -> None:
        """Watch functions whose argument at ``place`` names a file to write."""
        self._watch(owner, names, self._accesses.written, place)

    def _watch(self, owner: Any, names: Iterable[str], work: Callable[[str, FrameType], None], place: int) -> None:
        def note(frame: FrameType, given: object) -> None:
            for name in _names(given):
                work(name, frame)

        guarded = self._probe.guarded("files of native functions", note)
        for name in names:
            plain = getattr(owner, name, None)
            if plain is not None:
                value = _watched(self._probe, plain, guarded, place + isinstance(owner, type))
                self._probe.replace(owner, name, value, at_exit=True)

    def _read(self, library: str, name: str, frame: FrameType) -> None:
        """A file, a folder or a pattern is read."""
        is_pattern = not _MAGIC.isdisjoint(name)
        if not is_pattern and not path.isdir(name):
            self._accesses.read(name, frame)
            return
        from glob import glob

        start = name
        while not _MAGIC.isdisjoint(start):
            start = path.dirname(start)
        self._accesses.listed(start or ".", frame)
        for found in glob(name if is_pattern else path.join(name, "**"), recursive=True):
            if not path.isdir(found):
                self._accesses.read(found, frame)
        if library not in self._sorting and self._probe.frames.origin(frame) is not None:
            self._sorting.add(library)
            self._probe.not_compared(f"order of the files that {library} lists", "it lists and sorts them itself")


def _watched(probe: Probe, plain: Callable[..., Any], note: Callable[..., None], place: int) -> Callable[..., Any]:
    def watched(*args: Any, **kwargs: Any) -> Any:
        if probe.watching:
            given = (
                args[place] if len(args) > place else next((kwargs[one] for one in _ARGUMENTS if one in kwargs), None)
            )
            note(sys._getframe(1), given)
        try:
            return plain(*args, **kwargs)
        except BaseException as error:
            without_this_frame(error)
            raise

    code = getattr(plain, "__code__", None)
    if code is not None:
        # A library that looks for the first frame outside of its own files, to warn there, finds the user's.
        watched.__code__ = watched.__code__.replace(co_filename=code.co_filename)
    return functools.wraps(plain)(watched)


def _names(given: object) -> Iterator[str]:
    """The paths among what was given: one or several; neither open files nor addresses of other machines."""
    for one in given if isinstance(given, (list, tuple)) else [given]:
        if isinstance(one, (str, bytes)) or hasattr(one, "__fspath__"):
            name = fsdecode(fspath(one))
            if name and "://" not in name and not name.startswith(":"):
                yield name
