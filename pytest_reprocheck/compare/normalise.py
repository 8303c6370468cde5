"""Two texts with the fields that mean nothing replaced, and the names of the normalisers that mattered.

Each normaliser replaces a field by a placeholder, never a whole line, so that a score beside a duration still shows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from pytest_reprocheck.compare.fields import NORMALISERS, Normaliser
from pytest_reprocheck.core.rules import FieldRule

_WORKER_COUNTS = frozenset({"n_jobs", "nthread", "num_threads", "num_workers", "thread_count"})
_FIT_TIME = re.compile(r"(?:mean_|std_)?(?:fit|score)_time|refit_time_")


@dataclass(frozen=True, kw_only=True, slots=True)
class Own:
    """What only one run has; empty if unknown."""

    root: str = ""
    """Absolute path of the project as the run sees it."""
    scratch: str = ""
    """Absolute path of the folder for temporary files."""
    pid: str = ""
    """Number of its main process."""
    home: str = ""
    """The user's home folder."""
    host: str = ""
    """Name of the machine."""


PLACES = frozenset({"address", "ipykernel-path", "temporary-path"})
"""Normalisers of where in memory or on the disk a run happened to be; safe in any string."""
_SHORTEST = 3
"""Shorter process ids, as containers have them, and shorter names of machines are too easily a result."""


def is_fit_time(name: str) -> bool:
    """Whether an attribute, key or column holds a duration that scikit-learn measured while it fitted."""
    return _FIT_TIME.fullmatch(name) is not None


def is_worker_count(name: str) -> bool:
    """Whether a parameter says how many workers or threads share a task, which sound estimators do not depend on."""
    return name in _WORKER_COUNTS


def normalise_pair(
    a: str, b: str, own: tuple[Own, Own], *, markup: bool = False, only: Collection[str] | None = None
) -> tuple[str, str, tuple[str, ...]]:
    """Both texts with placeholders, and the sorted names of the normalisers that mattered: whose fields differed.

    ``own`` is what the two runs have for themselves; ``only`` restricts the normalisers to some names.
    """
    names = set()
    for name, pattern_a, pattern_b, placeholder in _of_the_runs(*own):
        a, found_a = _replaced(pattern_a, placeholder, a)
        b, found_b = _replaced(pattern_b, placeholder, b)
        if found_a != found_b:
            names.add(name)
    for normaliser in NORMALISERS:
        if (normaliser.markup_only and not markup) or (only is not None and normaliser.name not in only):
            continue
        a, fields_a = _applied(normaliser, a)
        b, fields_b = _applied(normaliser, b)
        if fields_a != fields_b:
            names.add(normaliser.name)
    return _tightened(a), _tightened(b), tuple(sorted(names))


def apply_rules(a: str, b: str, rules: Sequence[FieldRule]) -> tuple[str, str, tuple[str, ...]]:
    """Both texts after the user's own normalisers, in their order, and the sorted names of those that mattered."""
    names = set()
    for rule in rules:
        a, fields_a = _replaced(rule.pattern, rule.replace, a)
        b, fields_b = _replaced(rule.pattern, rule.replace, b)
        if fields_a != fields_b:
            names.add(rule.name)
    return a, b, tuple(sorted(names))


def _of_the_runs(a: Own, b: Own) -> list[tuple[str, str, str, str]]:
    """What each run has for itself: the normaliser's name, the pattern in A and in B, and what stands for it.

    The longer paths come first, as one may lie in the other. Home and host are the same for runs of one machine, and
    then they stay as they are.
    """
    folders = [(a.scratch, b.scratch, "temporary-path", "<tmp>"), (a.root, b.root, "temporary-path", "<root>")]
    if a.home != b.home:
        folders.append((a.home, b.home, "home", "<home>"))
    found = [
        (name, rf"{re.escape(left)}(?![\w-])", rf"{re.escape(right)}(?![\w-])", placeholder)
        for left, right, name, placeholder in sorted(folders, key=lambda folder: -len(folder[0]))
        if left and right
    ]
    words = [(a.pid, b.pid, "process-id", "<pid>")]
    if a.host != b.host:
        words.append((a.host, b.host, "host", "<host>"))
    for left, right, name, placeholder in words:
        if min(len(left), len(right)) >= _SHORTEST:
            a_word, b_word = (rf"(?<![\w.-]){re.escape(word)}(?![\w.-])" for word in (left, right))
            found.append((name, a_word, b_word, placeholder))
    return found


def _applied(normaliser: Normaliser, text: str) -> tuple[str, list[str]]:
    if normaliser.hint not in text:
        return text, []
    if not normaliser.markup_only:
        return _replaced(normaliser.pattern, normaliser.placeholder, text, normaliser.is_result)
    fields: list[str] = []
    lines = []
    for line in text.split("\n"):
        shown, found = (
            _replaced(normaliser.pattern, normaliser.placeholder, line) if line.startswith("<") else (line, [])
        )
        lines.append(shown)
        fields += found
    return "\n".join(lines), fields


def _replaced(
    pattern: str | re.Pattern[str],
    placeholder: str,
    text: str,
    is_result: Callable[[re.Match[str]], bool] | None = None,
) -> tuple[str, list[str]]:
    """The text with its fields replaced, and the fields."""
    fields: list[str] = []
    expand = "\\" in placeholder

    def fill(match: re.Match[str]) -> str:
        if is_result is not None and is_result(match):
            return match.group()
        fields.append(match.group())
        return match.expand(placeholder) if expand else placeholder

    return re.sub(pattern, fill, text), fields


def _tightened(text: str) -> str:
    """One space before a duration: tables pad ``9.1s`` and ``10.2s`` to the same width."""
    pieces = text.split("<duration>")
    tight = [f"{piece.rstrip(' ')} " if piece.endswith("  ") else piece for piece in pieces[:-1]]
    return "<duration>".join([*tight, pieces[-1]])
