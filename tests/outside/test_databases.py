"""SQL sent to another machine, by real drivers to a server that speaks their protocol."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

from pytest_reprocheck.probes.outside.statements import effect_of
from tests.outside.namespace import Namespace

DRIVERS = {
    "psycopg2": "psycopg2.connect(host=host, port={postgres}, user='u', password='p', dbname='d')",
    "psycopg": "psycopg.connect(host=host, port={postgres}, user='u', password='p', dbname='d')",
    "pg8000.dbapi": "pg8000.dbapi.connect('u', host=host, port={postgres}, password='p', database='d')",
    "pymysql": "pymysql.connect(host=host, port={mysql}, user='u', password='p', database='d')",
    "mysql.connector": "mysql.connector.connect(host=host, port={mysql}, user='u', password='p', database='d', "
    "use_pure=True, ssl_disabled=True)",
}
USE = """
import {module}
for host in ("10.20.30.40", "127.0.0.1"):
    connection = {connect}
    cursor = connection.cursor()
    cursor.execute("SELECT 1")
    print(host, [list(row) for row in cursor.fetchall()])
    for send in (
        lambda: cursor.execute("INSERT INTO t VALUES (1)"),
        lambda: cursor.executemany("UPDATE t SET x = %s", [(1,), (2,)]),
    ):
        try:
            send()
        except Exception as error:
            print(host, type(error).__name__)
"""


def written(sent: list[str]) -> set[str]:
    """First words of the statements that are no queries, transactions and settings apart."""
    return {line.split()[1].upper() for line in sent} - {"SELECT", "BEGIN", "SET", "ROLLBACK", "COMMIT"}


@pytest.mark.parametrize("module", sorted(DRIVERS))
def test_statements_that_write_are_not_sent(far: Namespace, tmp_path: Path, module: str) -> None:
    """A query passes; what is no query reaches this machine's own server alone."""
    if find_spec(module.partition(".")[0]) is None:
        pytest.skip(f"{module} is not installed")
    child, sent = far.script(tmp_path / "p", USE.format(module=module, connect=DRIVERS[module].format(**far.ports)))
    rows = [line for line in child.stdout.splitlines() if "[" in line]
    assert len(rows) == 2, child.stderr
    assert child.stdout.count("RefusedError") == 2
    assert [line["what"] for line in child.of_type("refusal")] == ["SQL INSERT", "SQL UPDATE"]
    assert child.of_type("refusal")[0]["host"] == "10.20.30.40"
    assert written(list(sent)) == {"INSERT", "UPDATE"}
    assert len([line for line in sent if "INSERT" in line]) == 1
    assert child.not_compared == []


@pytest.mark.parametrize("module", sorted(DRIVERS))
def test_allowed_servers_are_written_to(far: Namespace, tmp_path: Path, module: str) -> None:
    """Both servers get both statements."""
    if find_spec(module.partition(".")[0]) is None:
        pytest.skip(f"{module} is not installed")
    source = USE.format(module=module, connect=DRIVERS[module].format(**far.ports))
    child, sent = far.script(tmp_path / "p", source, allow_writes=["10.20.30.*"])
    assert (child.code, "RefusedError" in child.stdout) == (0, False)
    assert len([line for line in sent if "INSERT" in line]) == 2


def test_users_own_cursors_and_helpers_of_psycopg2_ask_too(far: Namespace, tmp_path: Path) -> None:
    """Its types are written in C: connections and cursors get subclasses that look like them."""
    pytest.importorskip("psycopg2")
    script = f"""
import psycopg2, psycopg2.extras, psycopg2.extensions
def connect(**more):
    return psycopg2.connect(host="10.20.30.40", port={far.ports["postgres"]}, user="u", dbname="d", **more)
plain, rows = connect(), connect(connection_factory=psycopg2.extras.DictConnection)
print(type(plain).__name__, isinstance(plain, psycopg2.extensions.connection))
print(type(plain.cursor()).__name__, isinstance(plain.cursor(), psycopg2.extensions.cursor))
print(isinstance(rows, psycopg2.extras.DictConnection), isinstance(rows.cursor(), psycopg2.extras.DictCursor))
named = connect(cursor_factory=psycopg2.extras.NamedTupleCursor).cursor()
named.execute("SELECT 1")
print(named.fetchone())
for send in (
    lambda: rows.cursor().execute("DELETE FROM t"),
    lambda: named.execute("DROP TABLE t"),
    lambda: psycopg2.extras.execute_values(plain.cursor(), "INSERT INTO t VALUES %s", [(1,)]),
    lambda: plain.cursor().copy_expert("COPY t FROM STDIN", None),
    lambda: plain.cursor(cursor_factory=psycopg2.extras.RealDictCursor).callproc("pay"),
):
    try:
        send()
    except Exception as error:
        print(type(error).__name__)
"""
    child, sent = far.script(tmp_path / "p", script)
    assert child.stdout.splitlines() == [
        "connection True",
        "cursor True",
        "True True",
        "Record(n=1)",
        *["RefusedError"] * 5,
    ], child.stderr
    assert written(list(sent)) == set()


def test_sqlalchemy_asks_whatever_its_driver(far: Namespace, tmp_path: Path) -> None:
    """Also by ``to_sql``; a file and a database in memory are written to."""
    pytest.importorskip("sqlalchemy")
    pytest.importorskip("pymysql")
    script = f"""
import pandas as pd, sqlalchemy as sa
frame = pd.DataFrame({{"x": [1]}})
def engines():
    yield sa.create_engine("sqlite://")
    yield sa.create_engine("sqlite:///local.db")
    yield sa.create_engine("mysql+pymysql://u:p@10.20.30.40:{far.ports["mysql"]}/d")
for engine in engines():
    with engine.connect() as connection:
        print(engine.dialect.name, connection.execute(sa.text("SELECT 1")).fetchall())
        try:
            connection.execute(sa.text("WITH x AS (SELECT 1) INSERT INTO t SELECT * FROM x"))
        except Exception as error:
            print(type(error).__name__)
    try:
        frame.to_sql("frame", engine)
    except Exception as error:
        print(type(error).__name__)
"""
    child, sent = far.script(tmp_path / "p", script)
    assert child.stdout.splitlines()[-2:] == ["RefusedError", "RefusedError"], child.stderr
    assert [line["what"] for line in child.of_type("refusal")] == ["SQL INSERT", "SQL CREATE"]
    assert not {"INSERT", "CREATE"} & written(list(sent))
    assert (tmp_path / "p/local.db").stat().st_size > 0


DRIVER_IN_C = """
import socket
class Cursor:
    def __init__(self, connection): self.connection = connection
    def execute(self, sql, *values):
        self.connection.sock.sendall(f"MAIL {sql}\\r\\n".encode())
        self.connection.sock.recv(100)
        return self
    def fetchall(self): return [(1,)]
    def __iter__(self): return iter([(1,)])
class Connection:
    autocommit = False
    def __init__(self, host, port):
        self.sock = socket.create_connection((host, int(port)))
        self.sock.recv(100)
    def cursor(self): return Cursor(self)
    def execute(self, sql): return self.cursor().execute(sql)
    def __enter__(self): return self
    def __exit__(self, *error): self.sock.close()
def connect(text):
    server = dict(part.split("=") for part in text.split(";"))["SERVER"]
    return Connection(*server.removeprefix("tcp:").split(","))
"""
"""Has the interface of pyodbc, whose types cannot be subclassed."""


def test_drivers_that_cannot_be_subclassed_are_wrapped(far: Namespace, tmp_path: Path) -> None:
    """Connection and cursor look like the driver's own, and ask."""
    (tmp_path / "p").mkdir()
    (tmp_path / "p/pyodbc.py").write_text(DRIVER_IN_C, encoding="utf-8")
    script = f"""
import pyodbc
for host in ("10.20.30.40", "127.0.0.1"):
    with pyodbc.connect(f"DRIVER=x;SERVER=tcp:{{host}},{far.ports["smtp"]};UID=u") as connection:
        connection.autocommit = True
        print(isinstance(connection, pyodbc.Connection), connection.autocommit, type(connection.cursor()).__name__)
        cursor = connection.cursor()
        print(cursor.execute("SELECT 1") is cursor, list(cursor))
        for send in (cursor.execute, connection.execute, connection.cursor().connection.execute):
            try:
                send("DELETE FROM t")
            except Exception as error:
                print(type(error).__name__)
"""
    child, sent = far.script(tmp_path / "p", script)
    looks = ["True True Asking", "True [(1,)]"]
    assert child.stdout.splitlines() == [*looks, *["RefusedError"] * 3, *looks], child.stderr
    assert list(sent) == ["SMTP MAIL SELECT 1", "SMTP MAIL SELECT 1", *["SMTP MAIL DELETE FROM t"] * 3]


QUERIES = [
    "SELECT 1",
    "  select * from t where x = 'INSERT INTO y'",
    "-- INSERT\nSELECT 1",
    "/* DROP TABLE t; */ SELECT 1",
    "# a comment\nSELECT 1",
    "(SELECT 1) UNION (SELECT 2)",
    "WITH a AS (SELECT replace(x, 'a', 'b') FROM t), b AS (SELECT 2) SELECT * FROM a, b",
    "SELECT x FROM t FOR UPDATE",
    'SELECT "update", `delete` FROM t',
    "SELECT $$ DROP TABLE t $$",
    "SHOW TABLES",
    "EXPLAIN DELETE FROM t",
    "PRAGMA table_info(t)",
    "BEGIN",
    "START TRANSACTION",
    "SET search_path TO x",
    "ROLLBACK",
    "COPY t TO STDOUT",
    "COPY (SELECT 1) TO STDOUT WITH CSV",
    "DECLARE c CURSOR FOR SELECT * FROM t FOR UPDATE",
    "SELECT 1; SELECT 2;",
    "VALUES (1)",
    "",
    ";",
]
WRITES = {
    "INSERT INTO t VALUES (1)": "INSERT",
    "update t set x = 1": "UPDATE",
    "-- a comment\n/* and another */ DELETE FROM t": "DELETE",
    "WITH x AS (SELECT 1) INSERT INTO t SELECT * FROM x": "INSERT",
    "WITH gone AS (DELETE FROM t RETURNING *) SELECT * FROM gone": "DELETE",
    "CREATE TABLE t (x int)": "CREATE",
    "DROP TABLE t": "DROP",
    "TRUNCATE t": "TRUNCATE",
    "SELECT 1; DROP TABLE t": "DROP",
    "SELECT * INTO copy FROM t": "SELECT INTO",
    "EXPLAIN ANALYZE DELETE FROM t": "DELETE",
    "EXPLAIN (ANALYZE, BUFFERS) INSERT INTO t VALUES (1)": "INSERT",
    "COPY t FROM STDIN": "COPY",
    "CALL pay(1)": "CALL",
    "EXEC pay 1": "EXEC",
    "MERGE INTO t USING s ON a = b WHEN MATCHED THEN DELETE": "MERGE",
    "REPLACE INTO t VALUES (1)": "REPLACE",
    "SET NOCOUNT ON INSERT INTO t VALUES (1)": "INSERT",
    "SELECT 1 INSERT INTO t VALUES (2)": "INSERT",
    "BEGIN INSERT INTO t VALUES (1); END": "INSERT",
    "/*!50001 DROP TABLE t */": "DROP",
    "{call pay(1)}": "CALL",
    "GRANT ALL ON t TO you": "GRANT",
    "LOAD DATA INFILE 'x' INTO TABLE t": "LOAD",
    "SELECT 'it''s'; DELETE FROM t": "DELETE",
}


@pytest.mark.parametrize("sql", QUERIES)
def test_queries_are_told_from_the_rest(sql: str) -> None:
    """By the words outside comments, strings and names."""
    assert effect_of(sql) == ""


@pytest.mark.parametrize("sql", sorted(WRITES))
def test_what_is_no_query_has_a_name(sql: str) -> None:
    """The word that reports show."""
    assert effect_of(sql) == WRITES[sql]
