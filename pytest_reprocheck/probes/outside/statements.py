"""What an SQL statement does, by its words: reading, or something else."""

# Words are read more easily in lines than as a list of strings.
# ruff: noqa: SIM905

from __future__ import annotations

import itertools
import re

_SKIPPED = re.compile(
    r"""
    --[^\n]* | ^\s*\#[^\n]* | /\*(?!!).*?\*/              # comments; MySQL runs what stands in /*! */
    | '(?:[^'\\]|\\.|'')*' | "(?:[^"]|"")*" | `[^`]*`      # strings and quoted names
    | \$(\w*)\$.*?\$\1\$                                   # PostgreSQL's strings
    """,
    re.VERBOSE | re.DOTALL | re.MULTILINE,
)
_TOKEN = re.compile(r"[^\W\d]\w*|[();]")
_READING = frozenset(
    "SELECT SHOW EXPLAIN DESCRIBE DESC PRAGMA VALUES TABLE WITH FETCH MOVE CLOSE HELP "
    "BEGIN START COMMIT END ROLLBACK ABORT SAVEPOINT RELEASE SET RESET USE DECLARE DISCARD DEALLOCATE "
    "LISTEN UNLISTEN EXISTS LIST".split()
)
_WRITING = frozenset(
    "INSERT UPDATE DELETE MERGE REPLACE UPSERT TRUNCATE CREATE ALTER DROP GRANT REVOKE CALL EXEC EXECUTE".split()
)
_BEGINNINGS = {("INSERT", "INTO"), ("MERGE", "INTO"), ("DELETE", "FROM"), ("DROP", "TABLE"), ("TRUNCATE", "TABLE")}
"""Of statements that may follow another one without a semicolon, as in Transact-SQL."""
_CARRYING = frozenset({"EXPLAIN", "WITH", "DECLARE", "SET", "BEGIN", "DESCRIBE", "DESC"})
"""Readings in which another statement may stand: ``WITH x AS (...) INSERT``, ``EXPLAIN ANALYZE DELETE``, a batch."""


def effect_of(sql: str) -> str:
    """The first word of what is no query in a text of one or more statements, ``INSERT``; empty for queries alone."""
    statement: list[str] = []
    for word in [*_TOKEN.findall(_SKIPPED.sub(" ' ", sql).upper()), ";"]:
        if word != ";":
            statement.append(word)
            continue
        if found := _effect(statement):
            return found
        statement = []
    return ""


def _effect(words: list[str]) -> str:
    plain = [word for word in words if word not in "()"]
    if not plain:
        return ""
    first = plain[0]
    if first == "COPY":
        return "" if "STDOUT" in plain else "COPY"
    if first not in _READING:
        return first
    if first in _CARRYING and (carried := _carried(words, plain)):
        return carried
    if first in ("SELECT", "WITH", "TABLE"):
        batch = next((word for word, after in itertools.pairwise(plain) if (word, after) in _BEGINNINGS), "")
        return batch or ("SELECT INTO" if "INTO" in plain else "")
    return ""


def _carried(words: list[str], plain: list[str]) -> str:
    """A writing word where a statement can begin: not as a name's part, nor in FOR UPDATE."""
    if plain[0] == "EXPLAIN" and not {"ANALYZE", "ANALYSE"} & set(plain):
        return ""
    before = ""
    for position, word in enumerate(words):
        following = words[position + 1] if position + 1 < len(words) else ""
        called = word in ("REPLACE", "INSERT", "TRUNCATE") and following == "("  # functions of these names
        if word in _WRITING and before not in ("FOR", "KEY") and not called:
            return word
        before = word
    return ""
