"""Printed lists, dicts and sets whose members stand in another order."""

from __future__ import annotations

import re

_TOKEN = re.compile(r"'[^'\n]{0,200}'|\"[^\"\n]{0,200}\"|[\[\]{}(),]|[^\[\]{}(),'\"\s]+|\s+|['\"]")
_CLOSES = {"]": "[", "}": "{", ")": "("}
_DEEPEST = 40


def same_members(a: str, b: str) -> bool:
    """Whether two texts become the same when what stands in each pair of square or curly brackets is sorted.

    What stands in round brackets keeps its order: the order of a shape or of a coordinate pair is its meaning.
    """
    if not any(bracket in a for bracket in "[{"):
        return False
    canonical = _canonical(a)
    return canonical is not None and canonical == _canonical(b)


def _canonical(text: str) -> str | None:
    """The text with sorted members; None when its brackets do not match or are too deep."""
    opened: list[str] = []
    levels: list[list[str]] = [[]]
    for piece in _TOKEN.findall(text):
        if piece in ("[", "{", "("):
            opened.append(piece)
            levels.append([])
            if len(opened) > _DEEPEST:
                return None
        elif piece in _CLOSES:
            if not opened or opened.pop() != _CLOSES[piece]:
                return None
            inner = _joined(levels.pop(), ordered=piece == ")")
            levels[-1].append(f"{_CLOSES[piece]}{inner}{piece}")
        else:
            levels[-1].append(" " if piece.isspace() else piece)
    return None if opened else _joined(levels[0], ordered=True)


def _joined(tokens: list[str], *, ordered: bool) -> str:
    """The members between commas, or between white space where there are none, as in numpy's arrays."""
    if ordered:
        return "".join(tokens).strip()
    separator = "," if "," in tokens else " "
    members: list[list[str]] = [[]]
    for token in tokens:
        if token == separator:
            members.append([])
        else:
            members[-1].append(token)
    texts = sorted("".join(member).strip() for member in members)
    return ", ".join(text for text in texts if text)
