"""Where in a statement's text an ORDER BY could stand or go on: in queries, windows and aggregate functions.

Statements are changed as text and not written anew from their tree, because engines name columns after the text of
their expressions, and drivers read placeholders in it. Which spot is which is told by the tree: each is marked with a
function of its own, and the marked text is parsed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlglot.dialects.dialect import Dialect

from pytest_reprocheck.execution.orders import MARKER, ORDERED_AGGREGATES

Range = tuple[int, int]
"""First character and the one after the last."""

_SET_OPERATIONS = frozenset({"UNION", "INTERSECT", "EXCEPT", "MINUS"})
_AFTER_ORDER = frozenset({"LIMIT", "OFFSET", "FETCH", "FOR", "RETURNING", "SETTINGS"})
_FRAMES = frozenset({"ROWS", "RANGE", "GROUPS"})
_AFTER_TABLE = frozenset({"WHERE", "GROUP BY", "HAVING", "WINDOW", "ORDER BY", "LIMIT"})
_FORMAT = re.compile(r"%[sbt]|%\(\w+\)[sbt]|%%")
"""Placeholders of drivers whose parameters are written as Python's format strings."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Spot:
    """A place for an ORDER BY."""

    kind: Literal["query", "window", "aggregate"]
    start: int
    """Where the query begins."""
    order: int | None
    """Where its ORDER BY begins; None without one."""
    at: int
    """Where a further expression goes, or the whole ORDER BY."""
    selected: tuple[Range, ...] = ()
    """The expressions of the select list."""
    table: Range | None = None
    """The name in FROM, where a single table is read."""
    name: str = ""
    """That table's own name, without a schema's."""
    aliased: bool = False
    """Whether it has another one in the query."""

    def marked(self, number: int) -> str:
        """What is inserted to find the spot in the tree."""
        return (" ORDER BY " if self.order is None else ", ") + f"{MARKER}{number}()"


@dataclass(frozen=True, kw_only=True, slots=True)
class Text:
    """A statement as tokens, and which parentheses belong together."""

    tokens: Sequence[Any]
    closing: dict[int, int]

    def word(self, index: int) -> str:
        """A token's text in capitals; empty outside the statement and for quoted names."""
        if not 0 <= index < len(self.tokens):
            return ""
        token = self.tokens[index]
        quoted = token.token_type.name in ("IDENTIFIER", "STRING")
        return "" if quoted else str(token.text).upper()

    def level(self, first: int, last: int) -> Iterator[int]:
        """The tokens of a range that stand in no parentheses; opening ones are given, what is inside is not."""
        index = first
        while index < last:
            yield index
            index = self.closing.get(index, index) + 1 if index in self.closing else index + 1

    def begin(self, index: int) -> int:
        """Where a token begins."""
        return int(self.tokens[index].start)

    def end(self, index: int) -> int:
        """Where a token ends."""
        return int(self.tokens[index].end) + 1


def readable(sql: str, dialect: str) -> str:
    """The text with placeholders that a parser understands, every character in its place."""
    if dialect not in ("postgres", "mysql"):
        return sql
    return _FORMAT.sub(lambda found: ("%" if found[0] == "%%" else "?").ljust(len(found[0])), sql)


def statements(sql: str, dialect: str) -> list[Text]:
    """The statements of a text."""
    found: list[list[Any]] = [[]]
    depth = 0
    for token in Dialect.get_or_raise(dialect).tokenize(sql):
        kind = token.token_type.name
        depth += (kind == "L_PAREN") - (kind == "R_PAREN")
        if kind == "SEMICOLON" and not depth:
            found.append([])
        else:
            found[-1].append(token)
    return [Text(tokens=tokens, closing=_closing(tokens)) for tokens in found if tokens]


def spots(text: Text, dialect: str) -> list[Spot]:
    """All of a statement's spots."""
    groups = [(0, len(text.tokens), -1), *((first + 1, last, first) for first, last in sorted(text.closing.items()))]
    found = []
    for first, last, opening in groups:
        spot = (
            _query(text, first, last)
            or _window(text, first, last, opening)
            or _aggregate(text, first, last, opening, dialect)
        )
        if spot is not None:
            found.append(spot)
    return found


def _closing(tokens: Sequence[Any]) -> dict[int, int]:
    found: dict[int, int] = {}
    waiting: list[int] = []
    for index, token in enumerate(tokens):
        if token.token_type.name == "L_PAREN":
            waiting.append(index)
        elif token.token_type.name == "R_PAREN" and waiting:
            found[waiting.pop()] = index
    return found


def _query(text: Text, first: int, last: int) -> Spot | None:
    words = {index: text.word(index) for index in text.level(first, last)}
    begins = [index for index, word in words.items() if word in ("SELECT", "WITH", "FROM")]
    joined = [index for index, word in words.items() if word in _SET_OPERATIONS]
    if not joined and (not begins or (begins[0] != first and text.word(first) not in ("INSERT", "CREATE", "REPLACE"))):
        return None
    start = begins[0] if begins and text.word(first) in ("INSERT", "CREATE", "REPLACE") else first
    core = joined[-1] if joined else start
    order = next((index for index, word in words.items() if index > core and word == "ORDER BY"), None)
    tail = next((index for index, word in words.items() if index > (order or core) and _ends_order(text, index)), last)
    table, name, aliased = (None, "", False) if joined else _table(text, words, last)
    return Spot(
        kind="query",
        start=text.begin(start),
        order=None if order is None else text.begin(order),
        at=text.end(tail - 1),
        selected=_selected(text, words, last),
        table=table,
        name=name,
        aliased=aliased,
    )


def _ends_order(text: Text, index: int) -> bool:
    if text.word(index) == "ON":
        return text.word(index + 1) in ("CONFLICT", "DUPLICATE")
    return text.word(index) in _AFTER_ORDER


def _selected(text: Text, words: dict[int, str], last: int) -> tuple[Range, ...]:
    begin = next((index for index, word in words.items() if word == "SELECT"), None)
    if begin is None:
        return ()
    ends = _SET_OPERATIONS | _AFTER_TABLE | {"FROM"}
    end = next((index for index, word in words.items() if index > begin and word in ends), last)
    first = begin + (2 if text.word(begin + 1) in ("DISTINCT", "ALL") else 1)
    found = []
    for index in [*(index for index, word in words.items() if first < index < end and word == ","), end]:
        if index > first:
            found.append((text.begin(first), text.end(index - 1)))
        first = index + 1
    return tuple(found)


def _table(text: Text, words: dict[int, str], last: int) -> tuple[Range | None, str, bool]:
    """The one table's name in FROM, its last part, and whether an alias is written behind it."""
    start = next((index for index, word in words.items() if word == "FROM"), None)
    if start is None or start + 1 >= last or start + 1 in text.closing:
        return None, "", False
    end = start + 3 if text.word(start + 2) == "." else start + 1
    after = end + 1 + (text.word(end + 1) == "AS")
    aliased = after < last and text.word(after) not in _AFTER_TABLE
    after += aliased
    if after < last and text.word(after) not in _AFTER_TABLE:
        return None, "", False
    return (text.begin(start + 1), text.end(end)), str(text.tokens[end].text), aliased


def _window(text: Text, first: int, last: int, opening: int) -> Spot | None:
    before = text.word(opening - 1)
    if opening < 0 or not (before == "OVER" or (before == "AS" and text.word(first) in ("ORDER BY", "PARTITION BY"))):
        return None
    level = list(text.level(first, last))
    order = next((index for index in level if text.word(index) == "ORDER BY"), None)
    tail = next((index for index in level if text.word(index) in _FRAMES), last)
    return Spot(
        kind="window",
        start=text.begin(opening),
        order=None if order is None else text.begin(order),
        at=text.end(tail - 1),
    )


def _aggregate(text: Text, first: int, last: int, opening: int, dialect: str) -> Spot | None:
    # SQLite takes an ORDER BY here from 3.44 on; its versions before are given their input in another order.
    called = text.word(opening - 1).lower() in ORDERED_AGGREGATES and dialect != "sqlite"
    if not called or first == last or text.word(first) == "DISTINCT" or text.word(last + 1) in ("OVER", "WITHIN"):
        return None
    level = list(text.level(first, last))
    order = next((index for index in level if text.word(index) == "ORDER BY"), None)
    tail = next((index for index in level if text.word(index) == "SEPARATOR"), last)
    return Spot(
        kind="aggregate",
        start=text.begin(opening),
        order=None if order is None else text.begin(order),
        at=text.end(tail - 1),
    )
