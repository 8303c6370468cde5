"""Children ask about queries over a socket, and whatever a child does, the others are answered."""

from __future__ import annotations

import json
import socket
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pytest_reprocheck.core.conditions import baseline
from pytest_reprocheck.core.subjects import Subject
from pytest_reprocheck.execution.answering import answering
from pytest_reprocheck.execution.limits import Limits
from pytest_reprocheck.execution.running import runner

from .helpers import outputs, write

QUESTION = {"dialect": "sqlite", "sql": "SELECT * FROM t ORDER BY a", "keys": {}, "ordered": False, "number": 3}


def ask(path: Path, *questions: dict[str, Any]) -> list[dict[str, Any]]:
    """Ask over one connection."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(30)
        connection.connect(str(path))
        with connection.makefile("rwb") as stream:
            found = []
            for question in questions:
                stream.write(json.dumps(question).encode() + b"\n")
                stream.flush()
                found.append(json.loads(stream.readline()))
    return found


def test_questions_are_answered_in_their_order(tmp_path: Path) -> None:
    path = tmp_path / "queries"
    with answering(path):
        ties, total, unknown = ask(
            path, QUESTION, {**QUESTION, "keys": {"t": [["b"], ["a"]]}}, {**QUESTION, "sql": "SELECT FROM WHERE"}
        )
    assert (ties["kind"], ties["sql"]) == ("ties", "SELECT * FROM t ORDER BY a, reprocheck_order(3)")
    assert (total["kind"], total["sql"]) == ("none", QUESTION["sql"])
    assert unknown["kind"] == "unknown"
    assert unknown["problem"]


def test_a_child_that_dies_or_hangs_keeps_nobody_waiting(tmp_path: Path) -> None:
    path = tmp_path / "queries"
    with answering(path):
        with socket.socket(socket.AF_UNIX) as silent, socket.socket(socket.AF_UNIX) as dying:
            silent.connect(str(path))
            silent.sendall(b'{"dialect": "sqli')
            dying.connect(str(path))
            dying.sendall(b'{"dialect"')
            dying.close()
            (answer,) = ask(path, QUESTION)
        assert answer["kind"] == "ties"
        assert ask(path, QUESTION) == [answer]


def test_nobody_answers_where_the_path_is_too_long_or_the_audit_is_over(tmp_path: Path) -> None:
    path = tmp_path / ("long" * 30)
    with answering(path):
        assert not path.exists()
    path = tmp_path / "queries"
    with answering(path):
        pass
    with pytest.raises(ConnectionRefusedError):
        ask(path, QUESTION)


def test_runs_have_the_order_of_rows_that_their_conditions_ask_for(tmp_path: Path) -> None:
    """From the conditions to the trace: output, events and the measured fact."""
    source = """
        import sqlite3
        database = sqlite3.connect(":memory:")
        database.execute("CREATE TABLE t (a INTEGER PRIMARY KEY)")
        database.executemany("INSERT INTO t VALUES (?)", [(number,) for number in range(20)])
        print([row[0] for row in database.execute("SELECT a FROM t")])
        print([row[0] for row in database.execute("SELECT a FROM t ORDER BY a")])
    """
    write(tmp_path, {"train.py": source})
    subject = Subject(kind="script", root=tmp_path, path="train.py")
    a = baseline(subject.name, threads=1)
    with runner(subject, limits=Limits(run=60)) as executor:
        plain, permuted, again = executor.run([a, replace(a, rows=5), replace(a, rows=5)])
    assert outputs(plain) == f"{list(range(20))}\n{list(range(20))}\n"
    first, second = outputs(permuted).splitlines()
    assert first != second == str(list(range(20)))
    assert sorted(json.loads(first)) == list(range(20))
    assert outputs(again) == outputs(permuted)
    assert [trace.facts["rows"] for trace in (plain, permuted)] == ["as-is", "permuted"]
    for trace in (plain, permuted):
        (event,) = [event for event in trace.events if event.source == "rows"]
        assert (event.stream, event.what) == ("rows@train.py:6", "sqlite3 SELECT a FROM t")
