"""Rows that queries leave open are said, and come permuted where the run asks for it, whatever runs the query."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pytest_reprocheck.execution.answering import answering

from .children import Child, run_notebook, run_plain, run_script

NUMBER = 7


@pytest.fixture
def queries(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The parent's socket."""
    path = tmp_path_factory.mktemp("socket") / "queries"
    with answering(path):
        yield path


def run(
    folder: Path, source: str, queries: Path | str, *, number: int = 0, name: str = "project", **config: Any
) -> Child:
    """Run a script with rows as they come, or permuted from a number."""
    return run_script(folder / name, source, conditions={"rows": number}, queries=str(queries), **config)


def rows_facts(child: Child) -> dict[str, str]:
    """The facts about rows."""
    return {
        name: text for line in child.of_type("facts") for name, text in line["facts"].items() if name.startswith("rows")
    }


WAYS = """
import json, sqlite3
from sqlite3 import connect
import pandas as pd
from sqlalchemy import create_engine, text

class Own(sqlite3.Connection):
    pass

def fill(connection):
    connection.executescript("CREATE TABLE t (id INTEGER PRIMARY KEY, g INTEGER)")
    connection.executemany("INSERT INTO t (g) VALUES (?)", [(number // 4,) for number in range(16)])

connection = connect(":memory:")
fill(connection)
own = sqlite3.connect(":memory:", factory=Own)
fill(own)
own.row_factory = sqlite3.Row
engine = create_engine("sqlite://")
out = {}
out["connection"] = [row[0] for row in connection.execute("SELECT id FROM t")]
out["cursor"] = [row[0] for row in connection.cursor().execute("SELECT id FROM t WHERE g < ?", (9,)).fetchall()]
out["factory"] = [row["id"] for row in own.execute("SELECT id FROM t")]
out["pandas"] = pd.read_sql("SELECT id FROM t", connection)["id"].tolist()
with engine.connect() as opened:
    fill(opened.connection.driver_connection)
    out["sqlalchemy"] = [row.id for row in opened.execute(text("SELECT id FROM t"))]
    out["both"] = pd.read_sql(text("SELECT id FROM t WHERE g < :most"), opened, params={"most": 9})["id"].tolist()
out["ties"] = [row[0] for row in connection.execute("SELECT id FROM t ORDER BY g")]
out["limit"] = [row[0] for row in connection.execute("SELECT id FROM t LIMIT 5")]
decided = [row[0] for row in connection.execute("SELECT id FROM t ORDER BY id")]
decided += [connection.execute("SELECT g FROM t WHERE id = ?", (5,)).fetchall()]
decided += [connection.execute("SELECT COUNT(*), MAX(g) FROM t").fetchall()]
print(json.dumps([out, decided]))
"""


def test_every_way_to_sqlite_is_watched_and_permuted(tmp_path: Path, queries: Path) -> None:
    """At baseline all is as in plain Python; permuted are open rows only."""
    base, permuted = (run(tmp_path, WAYS, queries, number=number) for number in (0, NUMBER))
    assert (base.code, base.stdout, base.stderr) == run_plain(tmp_path / "project")
    (plain_out, plain_decided), (out, decided) = json.loads(base.stdout), json.loads(permuted.stdout)
    assert decided == plain_decided
    every = list(range(1, 17))
    for way in ("connection", "cursor", "factory", "pandas", "sqlalchemy", "both"):
        assert out[way] != plain_out[way] == sorted(out[way]) == every, way
    assert out["ties"] != every
    assert [(number - 1) // 4 for number in out["ties"]] == [(number - 1) // 4 for number in every]
    assert out["limit"] != every[:5]
    assert len(set(out["limit"]) & set(every)) == 5
    assert permuted.stderr == base.stderr
    lines = [*range(21, 25), 27, 28, 29, 30]
    for child in (base, permuted):
        assert child.sites == [(f"rows@train.py:{line}", f"train.py:{line}") for line in lines]
        assert child.not_compared == []
    assert base.events[1].what == "sqlite3 SELECT id FROM t WHERE g < ?"
    assert (rows_facts(base), rows_facts(permuted)) == ({"rows": "as-is"}, {"rows": "permuted"})


TRANSPARENT = """
import copyreg, inspect, pickle, sqlite3, traceback, warnings
connection = sqlite3.connect(":memory:")
print(type(connection), type(connection) is sqlite3.Connection, sqlite3.Connection.__mro__, connection.execute.__doc__)
print(pickle.loads(pickle.dumps(sqlite3.Connection)) is sqlite3.Connection, sqlite3.Cursor.execute.__qualname__)
connection.execute("CREATE TABLE t (a)")
connection.execute("INSERT INTO t VALUES (1), (2), (3)")
connection.set_trace_callback(lambda sql: print("traced", "reprocheck" in sql))
print(connection.in_transaction, connection.total_changes, connection.execute("SELECT ?", (3,)).description)
connection.set_trace_callback(None)
connection.create_function("boom", 1, lambda value: 1 / 0)
def ask(sql, *parameters):
    try:
        print(connection.execute(sql, *parameters).fetchall())
    except Exception:
        traceback.print_exc()
ask("SELECT nothing FROM t")
ask("SELECT b FROM t ORDER BY a")
ask("SELECT boom(a) FROM t")
ask("SELECT a FROM t WHERE a = ?")
ask("SELECT a FROM t; SELECT 1")
ask(5)
ask("SELECT a FROM t", 5)
connection.close()
ask("SELECT a FROM t")
"""


@pytest.mark.parametrize("number", [0, NUMBER])
def test_classes_errors_and_tracebacks_are_the_plain_ones(tmp_path: Path, queries: Path, number: int) -> None:
    child = run(tmp_path, TRANSPARENT, queries, number=number)
    assert (child.code, child.stdout, child.stderr) == run_plain(tmp_path / "project")


KEYS = """
import sqlite3
connection = sqlite3.connect(":memory:")
connection.text_factory = bytes
connection.executescript('''
    CREATE TABLE plain (a INTEGER, code TEXT UNIQUE, b TEXT NOT NULL UNIQUE, c TEXT);
    CREATE UNIQUE INDEX part ON plain (c) WHERE c > 'b';
    CREATE UNIQUE INDEX pair ON plain (a, c);
    CREATE TABLE "odd ""name" (x TEXT PRIMARY KEY, y) WITHOUT ROWID;
    CREATE VIEW seen AS SELECT a, b FROM plain;
    INSERT INTO plain VALUES (1, 'x', 'p', 'a'), (2, NULL, 'q', 'b'), (3, 'z', 'r', 'c');
''')
connection.execute("SELECT * FROM plain ORDER BY code").fetchall()
connection.execute("INSERT INTO plain VALUES (1, NULL, 's', 'd')")
connection.execute("SELECT * FROM plain ORDER BY code").fetchall()
connection.execute("SELECT * FROM plain ORDER BY b").fetchall()
connection.execute("SELECT * FROM plain ORDER BY c").fetchall()
connection.execute("SELECT * FROM plain ORDER BY a, c").fetchall()
connection.execute("SELECT * FROM plain ORDER BY rowid").fetchall()
connection.execute('SELECT * FROM "odd ""name" ORDER BY x').fetchall()
connection.execute('SELECT * FROM "odd ""name" ORDER BY y').fetchall()
connection.execute("SELECT * FROM seen ORDER BY a").fetchall()
"""


def test_unique_columns_are_read_from_the_database(tmp_path: Path, queries: Path) -> None:
    """NULLs are looked for where a unique column may hold several; partial indexes say nothing of all rows."""
    child = run(tmp_path, KEYS, queries)
    assert (child.code, child.stderr) == (0, "")
    assert [site for _stream, site in child.sites] == [f"train.py:{line}" for line in (15, 17, 21, 22)]


def test_libraries_own_looks_into_the_catalogue_are_left_alone(tmp_path: Path, queries: Path) -> None:
    source = """
import sqlite3
import pandas as pd
from sqlalchemy import create_engine, inspect
connection = sqlite3.connect(":memory:")
pd.DataFrame({"a": [1, 2]}).to_sql("t", connection, index=False)
engine = create_engine("sqlite://")
pd.DataFrame({"a": [1, 2]}).to_sql("t", engine, index=False)
print(inspect(engine).get_table_names())
print(connection.execute("SELECT name FROM sqlite_master").fetchall())
"""
    assert [site for _stream, site in run(tmp_path, source, queries).sites] == ["train.py:10"]


def test_a_subject_without_open_queries_asks_and_measures_nothing(tmp_path: Path) -> None:
    """Nobody answers, and nobody needs to."""
    source = "import sqlite3\nsqlite3.connect(':memory:').execute('CREATE TABLE t (a)').execute('PRAGMA page_size')\n"
    child = run(tmp_path, source, tmp_path / "nobody", number=NUMBER)
    assert (child.code, child.stderr, rows_facts(child)) == (0, "", {})


@pytest.mark.parametrize("kind", ["no path", "nobody there", "closed"])
def test_queries_run_as_they_are_where_nobody_answers(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "queries"
    if kind == "closed":
        with answering(path):
            pass
    child = run(tmp_path, KEYS, "" if kind == "no path" else path, number=NUMBER)
    assert (child.code, child.stdout, child.stderr) == run_plain(tmp_path / "project")
    assert (child.sites, child.not_compared) == ([], [])
    assert list(rows_facts(child)) == ["rows problem"]


def test_cells_and_other_threads_are_users_too(tmp_path: Path, queries: Path) -> None:
    made = """import sqlite3, threading
connection = sqlite3.connect(":memory:", check_same_thread=False)
connection.execute("CREATE TABLE t (a)")
connection.executemany("INSERT INTO t VALUES (?)", [(number,) for number in range(30)]).rowcount"""
    read = """found = []
def read():
    found.extend(connection.execute("SELECT a FROM t"))
thread = threading.Thread(target=read)
thread.start()
thread.join()
found == sorted(found)"""
    child, notebook = run_notebook(
        tmp_path / "project", [made, read], conditions={"rows": NUMBER}, queries=str(queries)
    )
    rows = [site for site in child.sites if site[0].startswith("rows@")]
    assert rows == [("rows@nb.ipynb[1]:3", "nb.ipynb cell[1]:3")]
    assert notebook.cells[1].outputs[0]["data"]["text/plain"] == "False"


DUCKDB = """
import json
import duckdb
import pandas as pd

def main():
    local = pd.DataFrame({"g": [0, 0, 0, 1, 1, 1, 2, 2], "v": range(8)})
    out = {}
    out["sql"] = [row[1] for row in duckdb.sql("SELECT g, v FROM local ORDER BY g").fetchall()]
    out["execute"] = [row[0] for row in duckdb.execute("SELECT v FROM local ORDER BY g LIMIT 2").fetchall()]
    connection = duckdb.connect()
    connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, g INTEGER)")
    connection.execute("INSERT INTO t SELECT i, i // 5 FROM range(20) AS r(i)")
    out["connection"] = [row[0] for row in connection.execute("SELECT id FROM t ORDER BY g").fetchall()]
    out["relation"] = connection.sql("SELECT id FROM t ORDER BY g").df()["id"].tolist()
    out["pandas"] = connection.query("SELECT id, g FROM t ORDER BY g").filter("id < 10").df()["id"].tolist()
    decided = [row[0] for row in connection.execute("SELECT id FROM t").fetchall()]
    decided += [row[0] for row in connection.execute("SELECT id FROM t ORDER BY id").fetchall()]
    decided += [connection.execute("SELECT g FROM t WHERE id = ?", [3]).fetchall()]
    for _ in range(1):
        sorted(connection.sql("SELECT * FROM t").aggregate("g, COUNT(*)", "g").fetchall())
    try:
        connection.execute("SELECT nothing FROM t ORDER BY g")
    except duckdb.Error as error:
        decided.append(str(error))
    print(json.dumps([out, decided]))

main()
"""


def test_duckdb_is_watched_and_permuted(tmp_path: Path, queries: Path) -> None:
    """Variables of the calling function are still tables; the order of insertion is DuckDB's promise and stays."""
    base, permuted = (run(tmp_path, DUCKDB, queries, number=number) for number in (0, NUMBER))
    assert (base.code, base.stdout, base.stderr) == run_plain(tmp_path / "project")
    assert permuted.stderr == ""  # where anything kept objects of the extension alive, it would say so at its end
    (plain_out, plain_decided), (out, decided) = json.loads(base.stdout), json.loads(permuted.stdout)
    assert decided == plain_decided
    for way in plain_out:
        assert out[way] != plain_out[way], way
        assert way == "execute" or sorted(out[way]) == sorted(plain_out[way]), way
    assert set(out["execute"]) < {0, 1, 2}
    rows = [site for stream, site in permuted.sites if stream.startswith("rows@")]
    assert rows == [f"train.py:{line}" for line in (9, 10, 14, 15, 16, 23)]
    skipped = [item.what for item in permuted.not_compared]
    assert [what for what in skipped if "order" in what] == [
        "other orders of rows of a DuckDB relation's aggregate() at train.py:21"
    ]
    assert (rows_facts(base), rows_facts(permuted)) == ({"rows": "as-is"}, {"rows": "permuted"})


DRIVER = '''
"""A driver in pure Python, as those of database servers are; SQLite stands for the server."""
import itertools
import sqlite3
from sqlite3 import Error, DatabaseError, IntegrityError, OperationalError, ProgrammingError, sqlite_version_info

apilevel, threadsafety, paramstyle = "2.0", 1, "qmark"

def connect(*_args, **_kwargs):
    return Connection()

class Connection:
    def __init__(self):
        self._plain = sqlite3.connect(":memory:")
        count = itertools.count()
        self._plain.create_function("RAND", 1, lambda number: hash((number, next(count))))

    def cursor(self):
        return Cursor(self._plain.cursor())

    def __getattr__(self, name):
        return getattr(self._plain, name)

class Base:
    arraysize = 2

    def __init__(self, plain):
        self._plain = plain

    def execute(self, sql, parameters=()):
        self._plain.execute(sql, parameters)
        return self

    def fetchone(self):
        return self._plain.fetchone()

    def fetchmany(self, size=None):
        return self._plain.fetchmany(size or self.arraysize)

    def fetchall(self):
        return self._plain.fetchall()

    def __iter__(self):
        return iter(self._plain)

    def __getattr__(self, name):
        return getattr(self._plain, name)

class Cursor(Base):
    pass
'''

ASKING = """
import json, sys
sys.path.insert(0, {folder!r})
from {driver} import connect

cursor = connect("there").cursor()
cursor.execute("CREATE TABLE t (a INTEGER, b INTEGER)")
for number in range(12):
    cursor.execute("INSERT INTO t VALUES (?, ?)", (number, number // 4))
out = {{}}
out["all"] = cursor.execute("SELECT a FROM t WHERE a < ?", (50,)).fetchall()
out["many"] = cursor.execute("SELECT a FROM t").fetchmany() + cursor.fetchmany(3) + [cursor.fetchone()]
out["rest"] = list(cursor)
out["none"] = [cursor.fetchone(), cursor.fetchall(), cursor.fetchmany()]
cursor.execute("SELECT a FROM t")
cursor.fetchone()
out["decided"] = cursor.execute("SELECT a FROM t ORDER BY a, b").fetchall()
out["ties"] = cursor.execute("SELECT a, b FROM t ORDER BY b").fetchall()
out["limit"] = cursor.execute("SELECT a FROM t LIMIT 4").fetchall()
print(json.dumps(out))
"""


def drivers(tmp_path: Path, name: str) -> str:
    """A folder outside the project with a driver of this name."""
    folder = tmp_path / "drivers"
    folder.mkdir()
    (folder / f"{name}.py").write_text(DRIVER)
    return str(folder)


@pytest.mark.parametrize("driver", ["pymysql", "pyodbc"])
def test_drivers_in_python_are_watched_and_permuted(tmp_path: Path, queries: Path, driver: str) -> None:
    """One whose dialect has a seeded random function, and one whose rows can only be shuffled once they are there."""
    source = ASKING.format(folder=drivers(tmp_path, driver), driver=driver)
    # A data source that its driver alone knows may be on another machine, where nothing is written unasked.
    base, permuted = (run(tmp_path, source, queries, number=number, allow_writes=["there"]) for number in (0, NUMBER))
    assert (base.code, base.stdout, base.stderr) == run_plain(tmp_path / "project")
    plain, out = json.loads(base.stdout), json.loads(permuted.stdout)
    assert (out["none"], out["decided"]) == (plain["none"], plain["decided"])
    assert out["all"] != plain["all"] == sorted(out["all"])
    assert out["many"] != plain["many"]
    assert sorted(out["many"] + out["rest"]) == plain["all"]
    assert sorted(out["ties"]) == plain["ties"]
    assert [row[1] for row in out["ties"]] == [row[1] for row in plain["ties"]]
    lines = (11, 12, 15, 18, 19)
    assert [site for _stream, site in permuted.sites] == [f"train.py:{line}" for line in lines]
    assert permuted.events[0].what == f"{driver} SELECT a FROM t WHERE a < ?"
    if driver == "pymysql":
        assert out["ties"] != plain["ties"]
        assert out["limit"] != plain["limit"]
        assert permuted.not_compared == []
    else:
        assert (out["ties"], out["limit"]) == (plain["ties"], plain["limit"])
        skipped = [item.what for item in permuted.not_compared]
        assert [what.partition(" at ")[2] for what in skipped] == ["train.py:18", "train.py:19"]


def test_drivers_unknown_by_name_are_met_through_sqlalchemy(tmp_path: Path, queries: Path) -> None:
    """Once, although both SQLAlchemy and the driver below are watched."""
    source = f"""
import sys
sys.path.insert(0, {drivers(tmp_path, "unheard_of")!r})
import unheard_of
from sqlalchemy import create_engine, text
with create_engine("sqlite://", module=unheard_of).connect() as connection:
    connection.execute(text("CREATE TABLE t (a INTEGER)"))
    connection.execute(text("INSERT INTO t VALUES (1), (2), (3), (4), (5), (6), (7)"))
    print([row.a for row in connection.execute(text("SELECT a FROM t"))])
    print([row.a for row in connection.execute(text("SELECT a FROM t ORDER BY a"))])
"""
    base, permuted = (run(tmp_path, source, queries, number=number) for number in (0, NUMBER))
    assert (base.code, base.stdout, base.stderr) == run_plain(tmp_path / "project")
    first, second = permuted.stdout.splitlines()
    assert first != second == "[1, 2, 3, 4, 5, 6, 7]"
    assert sorted(json.loads(first)) == json.loads(second)
    assert permuted.sites == [("rows@train.py:9", "train.py:9")]
    assert permuted.not_compared == []
