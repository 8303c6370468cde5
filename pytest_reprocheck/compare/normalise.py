"""Named normalisers: fields of a text that differ from run to run and mean nothing.

Each replaces a field by a placeholder, never a whole line, so that a score beside a duration still shows. Patterns
are linear in the length of the text: every repetition is bounded or cannot overlap with what follows it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import PurePath

_UNIT = r"(?:ns|µs|μs|us|ms|secs?|seconds?|mins?|minutes?|hrs?|hours?|s|h)"
_NUMBER = r"(?<![\w.])\d{1,12}(?:\.\d{1,12})?"


@dataclass(frozen=True, kw_only=True, slots=True)
class Normaliser:
    """A kind of field and what stands for it."""

    name: str
    pattern: re.Pattern[str]
    placeholder: str
    markup_only: bool = False
    """Applied to HTML and SVG only."""


def _normaliser(name: str, pattern: str, placeholder: str, *, markup_only: bool = False) -> Normaliser:
    return Normaliser(name=name, pattern=re.compile(pattern), placeholder=placeholder, markup_only=markup_only)


NORMALISERS: tuple[Normaliser, ...] = (
    _normaliser("ansi", r"\x1b\[[0-9;?]{0,20}[A-Za-z]", ""),
    _normaliser("ipykernel-path", r"(?:<tmp>|/[^\s\"'<>:]{0,200})/ipykernel_\d{1,10}/\d{1,20}\.py", "<cell>"),
    # Everything below the run's own temporary folder has a name that nobody chose, whatever its prefix.
    _normaliser("temporary-path", r"<tmp>/[^\s\"'<>:,;)\]]{1,300}", "<tmp>/<name>"),
    _normaliser("temporary-path", r"(?<=/)tmp[a-z0-9_]{8}(?![a-z0-9_])", "<name>"),
    _normaliser("address", r"\b0x[0-9a-fA-F]{8,16}\b", "<address>"),
    _normaliser(
        "duration",
        rf"{_NUMBER} {_UNIT} ± {_NUMBER} {_UNIT} per loop \(mean ± std\. dev\. of [\w ,]{{1,40}} each\)",
        "<duration>",
    ),
    _normaliser("duration", r"The slowest run took [\d.]{1,12} times longer than the fastest\.[^\n]{0,120}\n?", ""),
    # tqdm: [elapsed<remaining, rate, the user's postfix]
    _normaliser("duration", r"\[\d[\d:]{0,12}<[\d:?]{1,12}, {0,3}[\d.?]{1,12} ?[a-zA-Z]{1,12}/[a-zA-Z]{1,12}", "[<duration>"),
    _normaliser("duration", rf"{_NUMBER} ?(?:{_UNIT}/[a-z]{{2,10}}|(?:it|steps?|rows|samples|examples|[kMG]?i?B)/s)\b", "<rate>"),
    _normaliser("duration", r"(?<![\w.:-])(?<!\d\d[ T])\d{1,3}:\d\d:\d\d(?:\.\d{1,9})?(?![\w:])", "<duration>"),
    _normaliser(
        "duration", rf"(?<![\w.-])(?:\d{{1,4}} ?(?:d|h|min) ){{0,3}}(?:\d{{1,12}}\.\d{{1,12}} ?|\d{{1,3}}|\d{{1,12}} ){_UNIT}\b(?!/)", "<duration>"
    ),
    _normaliser("progress", r"\|[█▉▊▋▌▍▎▏#━╸╺╶ ]{1,300}\|", "|<bar>|"),
    _normaliser("generated-id", r"\bT_[0-9a-f]{5}(?=[_\"\s#{.]|$)", "T_<id>", markup_only=True),
    _normaliser("generated-id", r"\bsk-(?:container|estimator)-id-\d{1,9}\b", "sk-<id>", markup_only=True),
    _normaliser(
        "generated-id", r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", "<id>", markup_only=True
    ),
    _normaliser("generated-id", r"(?<=[#\"])[a-zA-Z]{1,2}[0-9a-f]{10}(?=[\")_])", "<id>", markup_only=True),
    _normaliser("svg-date", r"(?<=<dc:date>)[^<]{1,40}", "<date>", markup_only=True),
)  # fmt: skip


def normalise(text: str, root: str, *, markup: bool = False) -> tuple[str, tuple[str, ...]]:
    """The text with placeholders, and the sorted names of the normalisers that applied; ``root`` is the run's copy
    of the project.
    """
    used = set()
    if root:
        home = PurePath(root).parent
        for folder, placeholder in ((root, "<root>"), (str(home / "tmp"), "<tmp>")):
            if folder in text:
                text = text.replace(folder, placeholder)
                used.add("temporary-path")
    for normaliser in NORMALISERS:
        if normaliser.markup_only and not markup:
            continue
        text, count = normaliser.pattern.subn(normaliser.placeholder, text)
        if count:
            used.add(normaliser.name)
    return text, tuple(sorted(used))


def screen_lines(text: str) -> list[str]:
    """ "The lines as a terminal shows them: what stands after the last ``\r`` of a line (the last state of a
    progress bar) wins.
    """
    lines = []
    for line in text.split("\n"):
        shown = line.rstrip("\r")
        if "\r" in shown:
            shown = shown[shown.rindex("\r") + 1 :]
        if "\b" in shown:
            shown = _without_backspaces(shown)
        lines.append(shown)
    while lines and not lines[-1]:
        lines.pop()
    return lines


def _without_backspaces(line: str) -> str:
    kept: list[str] = []
    for character in line:
        if character != "\b":
            kept.append(character)
        elif kept:
            kept.pop()
    return "".join(kept)


class _Flattener(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[str] = []

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        """A tag is a line of its own with its attributes."""
        told = "".join(f' {name}="{value or ""}"' for name, value in attrs)
        self.lines.append(f"<{tag}{told}>")

    def handle_data(self, data: str) -> None:
        """Text is a line for each of its lines."""
        self.lines += [line.strip() for line in data.splitlines() if line.strip()]


def markup_lines(text: str) -> list[str]:
    """HTML or SVG as lines: one for each tag with its attributes, and one for each piece of text, as a table's cell."""
    flattener = _Flattener()
    flattener.feed(text)
    flattener.close()
    return flattener.lines
