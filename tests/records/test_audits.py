"""Audits against a committed record: real runs."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_reprocheck.auditing import audit
from pytest_reprocheck.config import Options
from pytest_reprocheck.core.errors import DecodeError
from pytest_reprocheck.core.findings import Audit
from pytest_reprocheck.core.records import Record, record_path, record_text
from pytest_reprocheck.core.subjects import Subject, SubjectKind
from pytest_reprocheck.core.tolerance import Tolerance
from pytest_reprocheck.recording import write_records
from pytest_reprocheck.records.around import Moved
from pytest_reprocheck.records.comparing import compare_records
from tests.execution.helpers import write, write_notebook
from tests.records.projects import run_record

SCRIPT = """\
    import csv, random

    def load():
        with open("prices.csv", newline="") as file:
            return [float(row["price"]) for row in csv.DictReader(file)]

    def mean(prices):
        return sum(prices) / len(prices)

    print(f"mean {mean(load()):.3f}")
    print("unseeded", random.random())
"""
PRICES = "item,price\nkettle,30.0\nlamp,50.0\nmirror,10.0\n"
QUICK = Options(vary=("seed",), max_runs=4, try_remedies=False)


def record_now(root: Path, path: str, kind: SubjectKind = "script") -> Audit:
    made: list[Record] = []
    result = audit(Subject(root=root, path=path, kind=kind), QUICK, update=made.append)
    write_records(root, {record_path(path, {}): record_text(made[0])})
    return result


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a record, to be copied."""
    root = tmp_path_factory.mktemp("recorded")
    write(root, {"prices.py": SCRIPT, "prices.csv": PRICES, "pytest.ini": ""})
    assert record_now(root, "prices.py").verdict == "nondeterministic"
    return root


def again(recorded: Path, root: Path, options: Options = QUICK, **changed: str) -> Audit:
    """The audit of a copy in which files are others."""
    shutil.copytree(recorded, root, dirs_exist_ok=True)
    write(root, {name.replace("_", ".", 1): text for name, text in changed.items()})
    return audit(Subject(root=root, path="prices.py", kind="script"), options)


def told(result: Audit) -> list[tuple[str, str, int | None, str]]:
    return [
        (each.cause, each.severity, each.location.line, each.source)
        for each in result.findings
        if each.cause != "unseeded-random"
    ]


def test_an_unchanged_subject_is_what_its_record_says(recorded: Path, tmp_path: Path) -> None:
    """No drift; what differs from run to run is no drift either, and is said not to be compared."""
    result = again(recorded, tmp_path)
    assert (result.verdict, told(result)) == ("nondeterministic", [])
    assert "it differs from run to run" in {each.reason for each in result.not_compared}


def test_changed_data_and_code_are_told_at_their_lines(recorded: Path, tmp_path: Path) -> None:
    """Both changed: both are named, where the file is read and where the function stands."""
    code = SCRIPT.replace("/ len(prices)", "/ (len(prices) + 1)").replace('print("unseeded", random.random())', "")
    data = PRICES.replace("50.0", "55.0")
    result = again(recorded, tmp_path, prices_py=code, prices_csv=data)
    assert result.verdict == "drifted"
    assert [each[:3] for each in told(result)] == [
        ("data-changed", "error", 4),
        ("code-changed", "error", None),
        ("code-changed", "error", 7),
    ]
    (data_changed, *_others) = result.findings
    assert "prices.csv values changed in price" in data_changed.message
    assert {effect.aspect for effect in data_changed.effects} == {"outputs"}


def test_accepted_drift_is_shown_and_does_not_fail(recorded: Path, tmp_path: Path) -> None:
    """Data that is expected to change changes values; the finding says so."""
    code = SCRIPT.replace('    print("unseeded", random.random())\n', "")
    root = tmp_path / "first"
    write(root, {"prices.py": code, "prices.csv": PRICES, "pytest.ini": ""})
    assert record_now(root, "prices.py").verdict == "reproducible"
    options = replace(QUICK, accept=("data-changed",))
    result = again(root, tmp_path / "second", options, prices_csv=PRICES.replace("50.0", "55.0"))
    assert (result.verdict, told(result)[0][:2]) == ("reproducible", ("data-changed", "info"))
    assert [effect.what for effect in result.findings[0].effects] == ["stdout"]


def test_a_subject_that_fails_since_its_record_says_what_moved(recorded: Path, tmp_path: Path) -> None:
    """The verdict is failed; the finding beside it names the change."""
    result = again(recorded, tmp_path, prices_py=SCRIPT.replace('row["price"]', 'row["cost"]'))
    assert result.verdict == "failed"
    assert [(each.cause, each.effects[0].what) for each in result.findings] == [("code-changed", "outcome")]


def test_a_record_that_cannot_be_read_fails_its_subject_alone(recorded: Path, tmp_path: Path) -> None:
    """The place in it is told, and nothing is run."""
    shutil.copytree(recorded, tmp_path, dirs_exist_ok=True)
    file = tmp_path / record_path("prices.py", {})
    data = json.loads(file.read_text(encoding="utf-8"))
    data["facts"][0]["what"] = 3
    file.write_text(json.dumps(data), encoding="utf-8")
    result = audit(Subject(root=tmp_path, path="prices.py", kind="script"), QUICK)
    assert (result.verdict, result.runs) == ("failed", 0)
    assert result.reason == ".reprocheck/records/prices.py.json: $.facts[0].what: expected str, got 3"


def test_records_are_written_all_or_none(recorded: Path, tmp_path: Path) -> None:
    """What is no record is not overwritten, nor anything beside it; one of which the commit alone moved stays."""
    path = record_path("prices.py", {})
    text = (recorded / path).read_text(encoding="utf-8")
    foreign, other = record_path("foreign.py", {}), record_path("folder/other.py", {})
    write(tmp_path, {foreign: "<<<<<<< HEAD\n"})
    with pytest.raises(DecodeError, match=r"foreign\.py\.json: line 1.*Remove it"):
        write_records(tmp_path, {other: text, foreign: text})
    assert not (tmp_path / other).exists()
    (tmp_path / foreign).unlink()
    assert write_records(tmp_path, {other: text, path: text}) == (other, path)
    moved = text.replace('"conditions"', '"commit": "abc",\n "conditions"', 1)
    assert write_records(tmp_path, {path: moved}) == ()
    assert (tmp_path / path).read_text(encoding="utf-8") == text
    assert not [*tmp_path.rglob("*.draft")]


def test_a_notebook_whose_cells_moved(tmp_path: Path) -> None:
    """A new cell before the others is a change of code; facts of the moved cells are still the same."""
    write_notebook(tmp_path / "sums.ipynb", "values = [1, 2, 3]", "sum(values)", "print(max(values))")
    write(tmp_path, {"pytest.ini": ""})
    record_now(tmp_path, "sums.ipynb", "notebook")
    write_notebook(tmp_path / "sums.ipynb", "# A note", "values = [1, 2, 3]", "sum(values)", "print(max(values))")
    result = audit(Subject(root=tmp_path, path="sums.ipynb", kind="notebook"), QUICK)
    (finding,) = result.findings
    assert (result.verdict, finding.cause, finding.severity) == ("reproducible", "code-changed", "warning")
    assert finding.effects == ()
    write_notebook(tmp_path / "sums.ipynb", "values = [1, 2, 3]", "sum(values) + 1", "print(max(values))")
    result = audit(Subject(root=tmp_path, path="sums.ipynb", kind="notebook"), QUICK)
    (finding,) = result.findings
    assert (result.verdict, finding.location.cell) == ("drifted", 1)
    assert [(effect.place, effect.aspect) for effect in finding.effects] == [("sums.ipynb cell[1]", "outputs")]


QUERIES = """\
    import sqlite3
    import pandas as pd

    con = sqlite3.connect("shop.db")
    dear = pd.read_sql("SELECT item, price FROM prices WHERE price > ?", con, params=(5,))
    total = sum(price for _item, price in con.execute("SELECT item, price FROM prices ORDER BY item"))
    con.row_factory = sqlite3.Row
    first = con.execute("SELECT price FROM prices LIMIT 1").fetchone()["price"]
    print(len(dear), total, first)
"""


def fill(root: Path, *rows: tuple[str, float]) -> None:
    (root / "shop.db").unlink(missing_ok=True)
    with closing(sqlite3.connect(root / "shop.db")) as con, con:
        con.execute("CREATE TABLE prices (item TEXT, price REAL)")
        con.executemany("INSERT INTO prices VALUES (?, ?)", rows)


def test_queries_are_recorded_and_what_they_give_is_told(tmp_path: Path) -> None:
    """By each way to fetch: the text, the rows as they came and in whatever order; which query gives other rows."""
    rows = [("kettle", 30.0), ("lamp", 50.0), ("mirror", 4.0)]
    write(tmp_path, {"prices.py": QUERIES, "pytest.ini": ""})
    fill(tmp_path, *rows)
    record = run_record(tmp_path, "prices.py", tells_rows=True)
    assert [(query.text[:20], query.rows, query.columns) for query in record.queries] == [
        ("SELECT item, price F", 2, ("item", "price")),
        ("SELECT item, price F", 3, ("item", "price")),
        ("SELECT price FROM pr", 1, ("price",)),
    ]
    assert [bool(query.parameters) for query in record.queries] == [True, False, False]
    assert "kettle" not in record_text(record)
    fill(tmp_path, *rows[::-1])
    reordered = run_record(tmp_path, "prices.py", tells_rows=True)
    told = [(each.name[:30], each.what, each.place and each.place.line) for each in changes_of(record, reordered)]
    assert ("query SELECT item, price FROM ", "rows reordered", 5) in told
    assert ("query SELECT price FROM prices", "other values", 8) in told
    assert len([each for each in told if each[0].startswith("query")]) == 2
    fill(tmp_path, *rows, ("night lamp", 9.5))
    more = run_record(tmp_path, "prices.py", tells_rows=True)
    assert ("query SELECT item, price FROM ", "2 -> 3 rows", 5) in [
        (each.name[:30], each.what, each.place and each.place.line) for each in changes_of(record, more)
    ]


def changes_of(old: Record, new: Record) -> tuple[Moved, ...]:
    return compare_records(old, new, tolerance=Tolerance()).data
