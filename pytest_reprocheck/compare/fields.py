"""The named fields of a text that differ from run to run and mean nothing, as patterns.

A field is told by a form that no result has: ``1.23 s`` is a duration, ``1.23`` is not. Patterns are linear in the
length of the text: every repetition is bounded or cannot overlap with what follows it.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from dataclasses import dataclass

from pytest_reprocheck.compare.own_time import is_measured, is_named

_AMOUNT = r"(?<![\w.,-])(?!\d{4}s\b)\d{1,12}(?:,\d{3}){0,3}(?:\.\d{1,20})?(?:e[-+]?\d{1,3})?"
_UNIT = r"(?:us| ?(?:[num]secs?|ns|µs|μs|ms|secs?|(?:milli|micro|nano)?seconds?|mins?|minutes?|hrs?|hours?|s|h))"
_LONGER = r"(?:(?<![\w.,-])\d{1,4} ?(?:days?|d|hours?|h|minutes?|min|m),? ?){0,3}"
_WORK = (
    r"(?:[kMG]?it|iter(?:ation)?s?|epochs?|steps?|rows?|samples?|examples?|batch(?:es)?|tokens?|images?|records?|files?"
    r"|docs?|items?|requests?|rounds?|sentences?|frames?|[kMG]?i?B)"
)
_RATE = rf"(?:(?:s|ms|us|µs|μs)/{_WORK}|{_WORK}(?:/s(?:ec(?:ond)?)?| per sec(?:ond)?))"
_MINUTES = r"\d{1,3}:[0-5]\d(?:\.\d{1,9})?(?![\w:])"
_CLOCK = r"[0-5]\d:[0-5]\d(?:\.\d{1,9})?(?![\w:])"
_LABELLED = (
    r"(?i:elapsed|took|duration|eta|remaining|runtime|time (?:taken|left|remaining)|(?:run|wall|cpu|total) time)"
)
_TIMED = (
    r"(?i:elapsed|runtime|(?:mean_|std_|total_)?(?:execution|training|train|inference|running|run|wall|cpu|fit|fitting|score|predict|elapsed"
    r"|compute|processing)[ _]?time(?:_m?s|_sec(?:ond)?s?)?(?: \((?:ms|s|secs?|seconds?)\))?"
    r"|(?:train|eval|test|predict)_(?:runtime|(?:samples|steps)_per_second))"
)
_DAY = r"(?:\d{4}[-/]\d\d[-/]\d\d|\d\d[-/]\d\d[-/]\d\d(?:\d\d)?)"
_HOUR = r"\d\d:\d\d:\d\d(?:[.,]\d{1,9})?"
_ZONE = r"(?:Z| ?[+-]\d\d:?\d\d| UTC)?"
_ASCTIME = rf"(?:[A-Z][a-z]{{2}} )?[A-Z][a-z]{{2}} [ \d]\d {_HOUR}(?: \d{{4}})?"
_LEVEL = re.compile(
    r"\b(?:TRACE|DEBUG|INFO|NOTICE|SUCCESS|WARN|WARNING|ERROR|CRITICAL|FATAL)\b"
    r"|\[(?:debug|info|warning|error|critical) {0,8}\]|\A: [DIWEF] "
)
_STAMP = r"(?:\d\d:\d\d:\d\d|\d{4}-\d\d-\d\d \d\d:\d\d|[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4})(?![\w:])"
_SVG_NAME = r"(?:C\d{1,4}_[0-9a-f]{1,4}_|[a-zA-Z]{1,2})"
_ID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_LEVEL_WITHIN = 80
"""Characters behind a time in which a line of a log names its level."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Normaliser:
    """A kind of field and what stands for it."""

    name: str
    text: str
    """The pattern, as text."""
    placeholder: str
    hint: str = ""
    """A text without which there is no such field: looked for first, as it costs next to nothing."""
    markup_only: bool = False
    """Applied to HTML and SVG only: to tags, scripts and styles, never to the text between tags."""
    is_result: Callable[[re.Match[str]], bool] | None = None
    """Whether a match is a result after all, by what stands around it."""

    @property
    def pattern(self) -> re.Pattern[str]:
        """Compiled when it is first needed: most audits need few of them."""
        return _compiled(self.text)


@functools.cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def _normaliser(
    name: str,
    pattern: str,
    placeholder: str,
    *,
    hint: str = "",
    markup_only: bool = False,
    is_result: Callable[[re.Match[str]], bool] | None = None,
) -> Normaliser:
    return Normaliser(
        name=name,
        text=pattern,
        placeholder=placeholder,
        hint=hint,
        markup_only=markup_only,
        is_result=is_result,
    )


def _no_log_line(match: re.Match[str]) -> bool:
    """Whether a time at the start of a line is followed by no level, as a line of a log has it."""
    rest = match.string[match.end() : match.end() + _LEVEL_WITHIN].partition("\n")[0]
    return _LEVEL.search(rest) is None


def _duration(pattern: str, placeholder: str = "<duration>", *, hint: str = "") -> Normaliser:
    """A span of time that may be a result."""
    return _normaliser("duration", pattern, placeholder, hint=hint, is_result=is_measured)


_PATHS = (
    _normaliser("ansi", r"\x1b(?:\[[0-?]{0,40}[@-~]|\][^\x07\x1b]{0,300}(?:\x07|\x1b\\)|[@-Z\\^_])", "", hint="\x1b"),
    _normaliser("ipykernel-path", r"/ipykernel_\d{1,10}/\d{1,20}\.py\b", "/<cell>", hint="/ipykernel_"),
    _normaliser("ipykernel-path", r"<ipython-input-\d{1,6}-[0-9a-f]{6,16}>", "<cell>", hint="<ipython-input-"),
    # Everything below the run's own temporary folder has a name that nobody chose, whatever its prefix.
    _normaliser("temporary-path", r"<tmp>/[^\s\"'<>:,;)\]]{1,300}", "<tmp>/<name>", hint="<tmp>/"),
    _normaliser("temporary-path", r"(?<=[/\\])tmp[a-z0-9_]{8}(?![a-z0-9_])", "<name>", hint="tmp"),
    _normaliser(
        "temporary-path", r"(?<=/dev/shm/)(?:joblib|pymp|psm|sem|torch|wnsm)[\w.-]{1,200}", "<name>", hint="/shm/"
    ),
)  # fmt: skip

_LOGS = (
    # Other dates and times may be results, and are the clock's business.
    _normaliser("log-time", r"(?<![\w-])\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}(?!\w)", "<time>", hint=","),
    _normaliser("log-time", r"(?m)^\[\d\d:\d\d:\d\d\] ", "[<time>] ", hint=":"),
    # Containers stamp each line of what they print, to the nanosecond.
    _normaliser("log-time", r"(?m)^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z ", "<time> ", hint="Z "),
    _normaliser("log-time", rf"(?m)^(\[[DIWECF] )(?:{_DAY} )?{_HOUR}(?!\w)", r"\1<time>", hint=":"),
    # Of Abseil's messages, as TensorFlow has them: before its own start with seconds since 1970, and with the thread.
    _normaliser(
        "log-time",
        r"(?m)^([DIWEF])\d{4} \d\d:\d\d:(?:\d\d|\d{10})\.\d{6}\b(?: {1,7}\d{1,10}(?= [\w./-]{1,80}:\d{1,6}\] ))?",
        r"\1<time>",
        hint=":",
    ),
    _normaliser(
        "log-time",
        rf"(?m)^([\[(]?)(?:(?:{_DAY}[T ])?{_HOUR}|{_ASCTIME}){_ZONE}(?!\w)",
        r"\1<time>",
        hint=":",
        is_result=_no_log_line,
    ),
    _normaliser(
        "log-time",
        rf"(\"(?:timestamp|asctime|time|ts|@timestamp)\": ?\"){_DAY}[T ]{_HOUR}{_ZONE}(?=\"[^\n]{{0,300}}\"level)",
        r"\1<time>",
        hint='"level',
    ),
    _normaliser(
        "log-host", r"(?m)^([A-Z][a-z]{2} [ \d]\d )\d\d:\d\d:\d\d [\w.-]{1,64} (?=[\w./-]{1,60}(?:\[\d{1,7}\])?: )",
        r"\1<time> <host> ", hint=": ",
    ),
    _normaliser("process-id", r"(?<=\w\[)\d{2,7}(?=\]: )", "<pid>", hint="]: "),
    _normaliser("process-id", r"(\b(?:pid|PID|Pid)(?:[=:] ?| ))\d{2,7}\b(?![.,:]\d)", r"\1<pid>"),
    _normaliser("process-id", r"(\b(?i:thread)(?:[_ -]?id)?(?:[=:] ?| ))\d{12,19}\b", r"\1<thread>", hint="hread"),
    _normaliser("port", r"(\b(?:127\.0\.0\.1|localhost):)\d{4,5}(?!\d)", r"\1<port>", hint=":"),
    _normaliser(
        "memory-use", r"(\b(?i:rss|peak memory|max(?:imum)? resident(?: set)?(?: size)?|gpu memory)[ :=]{1,4})"
        r"\d{1,12}(?:\.\d{1,6})? ?[kKMGT]i?B\b", r"\1<size>",
    ),
    # It says so when that takes longer than five seconds: once on a machine, and only on a busy one.
    _normaliser(
        "cache-notice",
        r"(?m)^(?:WARNING:matplotlib\.font_manager:)?Matplotlib is building the font cache; this may take a moment\."
        r"(?:\n|\Z)", "", hint="font cache",
    ),
    # What statsmodels stamps into its summaries: as text, as a table's cells, in LaTeX.
    _normaliser("summary-time", rf"(\b(?:Date|Time):[ \t]{{2,60}}){_STAMP}", r"\1<time>", hint=":"),
    _normaliser("summary-time", rf"(\b(?:Date|Time):\n(?:<[^<>\n]{{1,80}}>\n){{1,4}}){_STAMP}", r"\1<time>", hint=":"),
    _normaliser(
        "summary-time", rf"(\b(?:Date|Time):\}}?[ \t]{{0,60}}&[ \t]{{0,60}}){_STAMP}", r"\1<time>", hint="&"
    ),
    _normaliser(
        "summary-time", rf"(\b(?:created_at|creation_date)['\"]?[:=] {{0,40}}['\"]?){_DAY}[T ]{_HOUR}{_ZONE}(?!\w)",
        r"\1<time>", hint="creat",
    ),
)  # fmt: skip

_DURATIONS = (
    # It times both ways of building histograms, and takes the faster one.
    _normaliser(
        "lightgbm-timing",
        r"(?m)^(\[LightGBM\] \[Info\] )Auto-choosing (?:row|col)-wise multi-threading, the overhead of testing was "
        r"[\d.]{1,12} seconds\.\nYou can set `force_(?:row|col)_wise=true` to remove the overhead\."
        r"(?:\nAnd if memory is not enough, you can set `force_col_wise=true`\.)?",
        r"\1<timing>",
        hint="[LightGBM]",
    ),
    _normaliser("fit-times", r"('(?:mean_|std_)?(?:fit|score)_time': )array\([^()]{0,8000}\)", r"\1<times>", hint="_t"),
    _normaliser(
        "duration",
        rf"{_LONGER}{_AMOUNT}{_UNIT} ± {_AMOUNT}{_UNIT} per loop \(mean ± std\. dev\. of [\w ,]{{1,40}} each\)",
        "<duration>",
        hint=" per loop",
    ),
    _normaliser(
        "duration", rf"\b\d{{1,12}} loops?, best of \d{{1,4}}: {_AMOUNT}{_UNIT} per loop", "<duration>",
        hint=" per loop",
    ),
    _normaliser(
        "duration", r"The slowest run took [\d.]{1,12} times longer than the fastest\.[^\n]{0,120}\n?", "",
        hint="The slowest run took",
    ),
    # %time tells these only when they took long.
    _normaliser("duration", rf"(?m)^(?:Compiler|Parser) {{0,8}}: {_AMOUNT}{_UNIT}\n?", "", hint="er "),
    # tqdm: elapsed<remaining, rate; the user's own postfix follows.
    _normaliser(
        "duration",
        r"\[\d[\d:]{0,12}(?:<[\d:?]{1,12})?, {0,3}[\d.?]{1,12} ?[a-zA-Z]{1,12}/[a-zA-Z]{1,12}",
        "[<duration>",
        hint="/",
    ),
    _duration(rf"{_AMOUNT} ?{_RATE}\b", "<rate>"),
    _normaliser("duration", rf"(?<=\(){_AMOUNT}/s(?=\))", "<rate>", hint="/s)"),
    _duration(rf"(?<![\w.:-])\d{{1,5}} days? \+?\d\d:{_CLOCK}", hint=":"),
    _duration(rf"(?<![\w.:-])(?:\d|00):{_CLOCK}", hint=":"),
    _normaliser("duration", rf"(\b{_LABELLED}[ :=]{{1,4}})(?:\d{{1,3}}:{_CLOCK}|{_MINUTES}|-:--:--)", r"\1<duration>"),
    _normaliser("duration", r"(?<![\w:-])-:--:--(?![\w:-])", "<duration>", hint="-:--:--"),
    _duration(rf"{_LONGER}{_AMOUNT}{_UNIT}\b(?!/|-[A-Za-z])"),
    _normaliser("duration", rf"(\b{_TIMED}['\"]?[ :=]{{1,4}}){_AMOUNT}(?![\w%:/]|[.,]\d| ?[A-Za-z])", r"\1<duration>"),
    _normaliser(
        "duration", r"(?m)((?:^|[\s,;(\[{])(?:'|\")?[Tt]ime(?:'|\")?[=:] ?)\d{1,9}\.\d{1,20}(?![\w%:/])",
        r"\1<duration>", hint="ime", is_result=is_named,
    ),
    _normaliser("progress", r"(?<=%)\|[█▉▊▋▌▍▎▏#0-9 ]{1,300}\|", "|<bar>|", hint="%|"),
    _normaliser("progress", r"[━╸╺]{3,300}", "<bar>"),
    _normaliser("progress", r"\[={1,100}>?\.{0,100}\]", "[<bar>]", hint="[="),
)  # fmt: skip

_IDENTITIES = (
    # Where 64-bit systems put objects; a shorter or longer hexadecimal number may be a result.
    _normaliser("address", r"\b0x(?:(?:7f|5[56])[0-9a-fA-F]{10}|0000[0-9a-fA-F]{12})\b", "<address>", hint="0x"),
    _normaliser("address", r"(?<=\bat )0x[0-9a-fA-F]{6,16}\b", "<address>", hint="at 0x"),
    _normaliser("generated-id", r'(?<="model_id": ")[0-9a-f]{32}(?=")', "<id>", hint='"model_id"'),
    _normaliser("generated-id", rf"\b(no-name|Client|Worker|Scheduler|Nanny)-{_ID}\b", r"\1-<id>", hint="-"),
    _normaliser("generated-id", r"\bT_[0-9a-f]{5}(?=[_\"\s#{.]|$)", "T_<id>", markup_only=True, hint="T_"),
    _normaliser(
        "generated-id", r"\bsk-(?:container|estimator)-id-\d{1,9}\b", "sk-<id>", markup_only=True, hint="sk-"
    ),
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
    _normaliser("svg-date", r"(?<=<dc:date>\n)[^<\n]{1,40}", "<date>", hint="<dc:date>"),
)  # fmt: skip

NORMALISERS: tuple[Normaliser, ...] = (*_PATHS, *_LOGS, *_DURATIONS, *_IDENTITIES)
"""In order: what one leaves is what the next one sees."""
