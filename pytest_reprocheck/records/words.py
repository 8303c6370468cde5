"""Which words may stand in a record: those of the user's own code and of the heads of files, as both are public."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_WORD = re.compile(r"[^\W_]+")
_CAMEL = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")


def words_of(texts: Iterable[str]) -> frozenset[str]:
    """All words in texts, in lower case; parts of ``aName`` and ``a_name`` are words, too."""
    found: set[str] = set()
    for text in texts:
        for word in _WORD.findall(text):
            found.add(word.lower())
            found.update(part.lower() for part in _CAMEL.findall(word))
    return frozenset(found)


def shown_names(names: Sequence[str], known: frozenset[str]) -> tuple[str, ...]:
    """The names with every word that is not known numbered, in the order of the words themselves: ``city_#1``."""
    strange = sorted({word for name in names for word in _WORD.findall(name) if word.lower() not in known})
    numbers = {word: f"#{number}" for number, word in enumerate(strange, 1)}
    return tuple(_WORD.sub(lambda found: numbers.get(found[0], found[0]), name) for name in names)


def is_known(text: str, known: frozenset[str]) -> bool:
    """Whether all words of a text are known."""
    return all(word.lower() in known for word in _WORD.findall(text))
