"""JSON, and JSON Lines; numbers are kept as they are, keys in their order."""

from __future__ import annotations

import json
from typing import Any

from pytest_reprocheck.core.values import Value
from pytest_reprocheck.execution.artifacts.content import Content, Reading
from pytest_reprocheck.execution.artifacts.nodes import Pairs, UnreadableError
from pytest_reprocheck.execution.artifacts.telling import tell
from pytest_reprocheck.execution.artifacts.texts import decoded

SUFFIXES = frozenset({".json", ".geojson", ".webmanifest"})
LINES = frozenset({".jsonl", ".ndjson"})


def is_json(content: Content) -> bool:
    """By the name."""
    return content.suffix in SUFFIXES


def read_json(content: Content, reading: Reading) -> Value:
    """One document."""
    reading.take(content.size)
    return tell(_parsed(decoded(content.read())[0]), reading.keeper)


def is_json_lines(content: Content) -> bool:
    """By the name."""
    return content.suffix in LINES


def read_json_lines(content: Content, reading: Reading) -> Value:
    """One document a line."""
    reading.take(content.size)
    lines = decoded(content.read())[0].splitlines()
    return tell([_parsed(line) for line in lines if line.strip()], reading.keeper)


def _parsed(text: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_mapping)
    except (ValueError, RecursionError) as error:
        raise UnreadableError(f"no JSON: {error}") from error


def _mapping(pairs: list[tuple[str, Any]]) -> Any:
    """A key that comes twice is kept twice."""
    return Pairs(pairs=list(pairs))
