"""Named normalisers: fields of a text that differ from run to run and mean nothing.

Each replaces a field by a placeholder, never a whole line, so that a score beside a duration still shows. A field is
told by a form that no result has: ``1.23 s`` is a duration, ``1.23`` is not. Patterns are linear in the length of the
text: every repetition is bounded or cannot overlap with what follows it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass

_AMOUNT = r"(?<![\w.,-])(?!\d{4}s\b)\d{1,12}(?:,\d{3}){0,3}(?:\.\d{1,20})?(?:e[-+]?\d{1,3})?"
_UNIT = r"(?:us| ?(?:ns|µs|μs|ms|secs?|seconds?|mins?|minutes?|hrs?|hours?|s|h))"
_LONGER = r"(?:(?<![\w.,-])\d{1,4} ?(?:days?|d|hours?|h|minutes?|min|m),? ?){0,3}"
_RATED = r"(?:[kMG]?it|steps?|rows?|samples?|examples?|batch(?:es)?|tokens?|images?|records?|files?|docs?|[kMG]?i?B)"
_CLOCK = r"[0-5]\d:[0-5]\d(?:\.\d{1,9})?(?![\w:])"
_TIMED = (
    r"(?i:elapsed|(?:execution|training|inference|running|run|wall|cpu|fit|fitting|elapsed) time"
    r"(?: \((?:ms|s|secs?|seconds?)\))?)"
)
_STAMP = r"(?:\d\d:\d\d:\d\d|[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4})(?![\w:])"
_SVG_NAME = r"(?:C\d{1,4}_[0-9a-f]{1,4}_|[a-zA-Z]{1,2})"
_ID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"

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


@dataclass(frozen=True, kw_only=True, slots=True)
class Normaliser:
    """A kind of field and what stands for it."""

    name: str
    pattern: re.Pattern[str]
    placeholder: str
    markup_only: bool = False
    """Applied to HTML and SVG only: to tags, scripts and styles, never to the text between tags."""


def _normaliser(name: str, pattern: str, placeholder: str, *, markup_only: bool = False) -> Normaliser:
    return Normaliser(name=name, pattern=re.compile(pattern), placeholder=placeholder, markup_only=markup_only)


NORMALISERS: tuple[Normaliser, ...] = (
    _normaliser("ansi", r"\x1b(?:\[[0-?]{0,40}[@-~]|\][^\x07\x1b]{0,300}(?:\x07|\x1b\\)|[@-Z\\^_])", ""),
    _normaliser("ipykernel-path", r"/ipykernel_\d{1,10}/\d{1,20}\.py\b", "/<cell>"),
    _normaliser("ipykernel-path", r"<ipython-input-\d{1,6}-[0-9a-f]{6,16}>", "<cell>"),
    # Everything below the run's own temporary folder has a name that nobody chose, whatever its prefix.
    _normaliser("temporary-path", r"<tmp>/[^\s\"'<>:,;)\]]{1,300}", "<tmp>/<name>"),
    _normaliser("temporary-path", r"(?<=[/\\])tmp[a-z0-9_]{8}(?![a-z0-9_])", "<name>"),
    # The times that logging and XGBoost put before a message. Other dates may be results.
    _normaliser("log-time", r"(?<![\w-])\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}(?!\w)", "<time>"),
    _normaliser("log-time", r"(?m)^\[\d\d:\d\d:\d\d\] ", "[<time>] "),
    # What statsmodels stamps into its summaries, as text or as a table's cells.
    _normaliser("summary-time", rf"(\b(?:Date|Time):[ \t]{{2,60}}){_STAMP}", r"\1<time>"),
    _normaliser("summary-time", rf"(\b(?:Date|Time):\n(?:<[^<>\n]{{1,80}}>\n){{1,4}}){_STAMP}", r"\1<time>"),
    _normaliser("fit-times", r"('(?:mean_|std_)?(?:fit|score)_time': )array\([^()]{0,8000}\)", r"\1<times>"),
    _normaliser(
        "duration",
        rf"{_LONGER}{_AMOUNT}{_UNIT} ± {_AMOUNT}{_UNIT} per loop \(mean ± std\. dev\. of [\w ,]{{1,40}} each\)",
        "<duration>",
    ),
    _normaliser("duration", r"The slowest run took [\d.]{1,12} times longer than the fastest\.[^\n]{0,120}\n?", ""),
    # tqdm: elapsed<remaining, rate; the user's own postfix follows.
    _normaliser(
        "duration",
        r"\[\d[\d:]{0,12}(?:<[\d:?]{1,12})?, {0,3}[\d.?]{1,12} ?[a-zA-Z]{1,12}/[a-zA-Z]{1,12}",
        "[<duration>",
    ),
    _normaliser("duration", rf"{_AMOUNT} ?(?:(?:s|ms|us|µs)/{_RATED}|{_RATED}/s(?:ec)?)\b", "<rate>"),
    _normaliser("duration", rf"(?<![\w.:-])\d{{1,5}} days? \+?\d\d:{_CLOCK}", "<duration>"),
    _normaliser("duration", rf"(?<![\w.:-])(?:\d|00):{_CLOCK}", "<duration>"),
    _normaliser("duration", rf"(\b(?i:elapsed|took|duration|eta)[ :=]{{1,4}})\d{{1,3}}:{_CLOCK}", r"\1<duration>"),
    _normaliser("duration", rf"{_LONGER}{_AMOUNT}{_UNIT}\b(?!/|-[A-Za-z])", "<duration>"),
    _normaliser("duration", rf"(\b{_TIMED}[ :=]{{1,4}}){_AMOUNT}(?![\w%:/]|[.,]\d| ?[A-Za-z])", r"\1<duration>"),
    _normaliser("progress", r"(?<=%)\|[█▉▊▋▌▍▎▏#0-9 ]{1,300}\|", "|<bar>|"),
    _normaliser("progress", r"[━╸╺]{3,300}", "<bar>"),
    _normaliser("progress", r"\[={1,100}>?\.{0,100}\]", "[<bar>]"),
    # Where 64-bit systems put objects; a shorter or longer hexadecimal number may be a result.
    _normaliser("address", r"\b0x(?:(?:7f|5[56])[0-9a-fA-F]{10}|0000[0-9a-fA-F]{12})\b", "<address>"),
    _normaliser("address", r"(?<=\bat )0x[0-9a-fA-F]{6,16}\b", "<address>"),
    _normaliser("generated-id", r'(?<="model_id": ")[0-9a-f]{32}(?=")', "<id>"),
    _normaliser("generated-id", r"\bT_[0-9a-f]{5}(?=[_\"\s#{.]|$)", "T_<id>", markup_only=True),
    _normaliser("generated-id", r"\bsk-(?:container|estimator)-id-\d{1,9}\b", "sk-<id>", markup_only=True),
    _normaliser("generated-id", rf"\b(?:{_ID}|(?<=-viz-)[0-9a-f]{{32}})\b", "<id>", markup_only=True),
    # matplotlib's animations and maps number their elements and variables so; a file's name may be its content's.
    _normaliser(
        "generated-id",
        r"(?<=[g-zA-Z_])[0-9a-f]{32}(?![0-9a-f]|\.(?:png|jpe?g|gif|svg|webp|csv|html?|json|txt|js)\b)",
        "<id>",
        markup_only=True,
    ),
    # matplotlib's names of clip paths, markers and collections
    _normaliser("generated-id", rf"(?<=[#\"]){_SVG_NAME}[0-9a-f]{{10}}(?=[\")_])", "<id>", markup_only=True),
    _normaliser("svg-date", r"(?<=<dc:date>\n)[^<\n]{1,40}", "<date>"),
)  # fmt: skip

PLACES = frozenset({"address", "ipykernel-path", "temporary-path"})
"""Normalisers of where in memory or on the disk a run happened to be; safe in any string."""
_PID_DIGITS = 3
"""Shorter process ids, as containers have them, are too easily a result."""


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
    for folder_a, folder_b, placeholder in _folders(*own):
        a, found_a = _replaced(folder_a, placeholder, a)
        b, found_b = _replaced(folder_b, placeholder, b)
        if found_a != found_b:
            names.add("temporary-path")
    if min(len(each.pid) for each in own) >= _PID_DIGITS:
        (a, found_a), (b, found_b) = (
            _collecting(re.compile(rf"(?<![\w.-]){each.pid}(?![\w.-])"), lambda _match: "<pid>", text)
            for each, text in zip(own, (a, b), strict=True)
        )
        if found_a != found_b:
            names.add("process-id")
    for normaliser in NORMALISERS:
        if (normaliser.markup_only and not markup) or (only is not None and normaliser.name not in only):
            continue
        a, fields_a = _applied(normaliser, a)
        b, fields_b = _applied(normaliser, b)
        if fields_a != fields_b:
            names.add(normaliser.name)
    return _tightened(a), _tightened(b), tuple(sorted(names))


def _folders(a: Own, b: Own) -> list[tuple[str, str, str]]:
    """Both runs' folder of each kind, and what stands for it; the longer paths first, as one may lie in the other."""
    pairs = [(a.scratch, b.scratch, "<tmp>"), (a.root, b.root, "<root>")]
    return sorted((pair for pair in pairs if pair[0] and pair[1]), key=lambda pair: -len(pair[0]))


def _replaced(folder: str, placeholder: str, text: str) -> tuple[str, list[str]]:
    return _collecting(re.compile(rf"{re.escape(folder)}(?![\w-])"), lambda _match: placeholder, text)


def _applied(normaliser: Normaliser, text: str) -> tuple[str, list[str]]:
    expand = "\\" in normaliser.placeholder

    def fill(match: re.Match[str]) -> str:
        return match.expand(normaliser.placeholder) if expand else normaliser.placeholder

    if not normaliser.markup_only:
        return _collecting(normaliser.pattern, fill, text)
    fields: list[str] = []
    lines = []
    for line in text.split("\n"):
        shown, found = _collecting(normaliser.pattern, fill, line) if line.startswith("<") else (line, [])
        lines.append(shown)
        fields += found
    return "\n".join(lines), fields


def _collecting(pattern: re.Pattern[str], fill: Callable[[re.Match[str]], str], text: str) -> tuple[str, list[str]]:
    """The text with its fields replaced, and the fields."""
    fields: list[str] = []

    def note(match: re.Match[str]) -> str:
        fields.append(match.group())
        return fill(match)

    return pattern.sub(note, text), fields


def _tightened(text: str) -> str:
    """One space before a duration: tables pad ``9.1s`` and ``10.2s`` to the same width."""
    pieces = text.split("<duration>")
    tight = [f"{piece.rstrip(' ')} " if piece.endswith("  ") else piece for piece in pieces[:-1]]
    return "<duration>".join([*tight, pieces[-1]])
