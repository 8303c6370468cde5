"""Records that somebody edited, cut, merged or made up: one located error, or a comparison, and never a traceback."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from pytest_reprocheck.core.errors import DecodeError
from pytest_reprocheck.core.records import Record, parse_record, record_text
from pytest_reprocheck.core.tolerance import Tolerance
from pytest_reprocheck.records.comparing import compare_records
from pytest_reprocheck.records.findings import drift_findings
from tests.mutating import Path as Place
from tests.mutating import mutants, names, place_of, refused
from tests.records.projects import CITIES, run_record

SCRIPT = """
import sqlite3
import pandas as pd
from sklearn.linear_model import LogisticRegression

table = pd.read_csv("table.csv")
model = LogisticRegression().fit(table[["x"]], table["y"])
print("score", model.score(table[["x"]], table["y"]), model.predict(table[["x"]])[:2])
con = sqlite3.connect(":memory:")
print(con.execute("SELECT ?, 2", (1,)).fetchall())
"""


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Record:
    """A record with something of everything."""
    root = tmp_path_factory.mktemp("small")
    rows = "".join(f"{number}.5,{number % 2},{CITIES[number % 3]}\n" for number in range(40))
    (root / "table.csv").write_text(f"x,y,city\n{rows}", encoding="utf-8")
    (root / "train.py").write_text(SCRIPT, encoding="utf-8")
    return run_record(root, "train.py", tells_rows=True)


def compared(one: Record, other: Record) -> None:
    for old, new in ((one, other), (other, one)):
        for values_may_change in (False, True):
            found = compare_records(old, new, tolerance=Tolerance(), values_may_change=values_may_change)
            drift_findings(found, subject="train.py", units=(), accept=())


def moved(record: Record) -> Record:
    """The same facts with other digests, so that all else is looked at."""
    other = re.sub(r'"([0-9a-f]{8,32})( [0-9a-f]{8})*"', lambda found: found[0][::-1], record_text(record))
    return parse_record(other)


def test_every_wrong_piece_is_told_with_its_place(small: Record) -> None:
    """Or it is a record all the same, and can be compared."""
    text, other = record_text(small), moved(small)
    assert compare_records(small, other, tolerance=Tolerance()).effects
    errors = records = 0
    for path, data in mutants(json.loads(text)):
        found = refused(parse_record, json.dumps(data))
        if isinstance(found, DecodeError):
            errors += 1
            assert names(found, path), (path, found)
        else:
            records += 1
            compared(found, small)
            compared(found, other)
    assert errors > 500
    assert records > 50


def test_a_record_that_was_cut_off_is_told(small: Record) -> None:
    """Wherever that was."""
    text = record_text(small)
    for end in range(0, len(text) - 2, max(1, len(text) // 200)):
        with pytest.raises(DecodeError, match=r"is not JSON"):
            parse_record(text[:end])


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000, "NaN", '"\\ud800"', "1e999", "", "null", "\x00"])
def test_what_is_no_record_at_all_is_told(text: str) -> None:
    """Deep, odd and empty texts too."""
    with pytest.raises(DecodeError):
        parse_record(text)


def test_places_are_told_as_people_look_for_them(small: Record) -> None:
    """The path of keys and numbers."""
    path: Place = ("facts", 0, "told", "parts")
    assert place_of(path) == ".facts[0].told.parts"
    data = json.loads(record_text(small))
    data["facts"][0]["told"]["parts"] = 3
    with pytest.raises(DecodeError, match=r"\$\.facts\[0\]\.told\.parts: expected an object, got 3"):
        parse_record(json.dumps(data))


def test_nothing_is_written_over_what_cannot_be_read(small: Record, tmp_path: Path) -> None:
    """Bytes that are no text, another version, a folder in its place."""
    from pytest_reprocheck.recording import write_records

    file = tmp_path / ".reprocheck/records/train.py.json"
    file.parent.mkdir(parents=True)
    name = ".reprocheck/records/train.py.json"
    later = record_text(small).replace('"version": 1\n', '"version": 2\n')
    for content in (b"\xff\xfe", later.encode(), b"<<<<<<< ours\n", record_text(small).encode()[:-9]):
        file.write_bytes(content)
        with pytest.raises(DecodeError, match="Remove it, and update again"):
            write_records(tmp_path, {name: record_text(small)})
        assert file.read_bytes() == content
    file.unlink()
    file.mkdir()
    with pytest.raises((DecodeError, OSError)):
        write_records(tmp_path, {name: record_text(small)})
    assert file.is_dir()
