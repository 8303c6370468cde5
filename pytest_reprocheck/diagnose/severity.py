"""Whether a cause's effects count against a subject, or are only shown."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence

from pytest_reprocheck.core.conditions import OTHER_NAMES, Conditions, FactorName
from pytest_reprocheck.core.findings import Difference, Severity
from pytest_reprocheck.core.trace import Aspect

_NUMBER = re.compile(r"(?<![\w.])[-+]?\d+(?:[.,]\d+)*(?:[eE][-+]?\d{1,3})?")
_DATE_WORDS = re.compile(
    r"\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\b|\b(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?"
    r"|sun)(?:day)?\b|\b[ap]m\b|(?<=\d)(?:st|nd|rd|th)\b|(?<=\d)[TZ](?=\d|\b)",
    re.IGNORECASE,
)
_DATE = re.compile(
    r"(?<![\d.])(?:(?:19|20|21)\d\d([-/.]?)(?:0[1-9]|1[0-2])\1(?:0[1-9]|[12]\d|3[01])"
    r"(?:[T_ -]?\d\d:?\d\d(?::?\d\d(?:[.,]\d+)?)?)?|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4})(?!\d)"
)
"""Never a part of a longer number: eight digits of a score are no date."""
_TIME = re.compile(r"\b\d{1,3}:\d\d(?::\d\d(?:[.,]\d+)?)?\b")
_NORMALISED = re.compile(r"<(?:time|date|duration)>")
"""What a normaliser has put in the place of one of them: half an hour past midnight looks like a duration."""
_SPANS = (1.0, 1e-3, 1e-6, 1e-9, 60.0, 3600.0, 86400.0, 7 * 86400.0, 30.44 * 86400.0, 365.25 * 86400.0)
"""Seconds of the units in which ages and moments are told."""
_SLACK = 4.0
"""How far the ratio of two durations may be from the clock's rate: runs do not take the same time."""
_TIMED = re.compile(
    r"\d\s?(?:[num\u00b5]?s|secs?|m|mins?|h|hrs?)\b|/s\b|\b(?:(?:milli|micro|nano)?seconds?|minutes?|hours?|days?"
    r"|time[ds]?|timing|took|elapsed|duration|runtime|wall|eta|latency|speed|finished|done|after)\b",
    re.IGNORECASE,
)
"""Words and units of a line that tells how long something took."""


_COUNTED = re.compile(r"\b(?:cpus?|cores?|processors?|workers?|jobs?|n_jobs)\b", re.IGNORECASE)
"""Words of a line that tells a number of CPUs, or of those that share the work."""
_SHOWN: frozenset[Aspect] = frozenset({"outputs", "artifacts"})
"""Aspects that people look at; of files the texts and pictures, the others are read by programs."""


def severity_of(
    factor: FactorName,
    differences: Sequence[Difference],
    varied: Conditions,
    clocks: Sequence[Sequence[int]] | None = None,
) -> Severity:
    """``warning`` for a date or a duration that is only printed, drawn or noted, ``error`` for everything else.

    ``varied`` are the conditions of the run that showed the differences: its clock tells a shown moment (later by the
    offset) and a shown duration (longer by the rate) from a result that the clock decided. ``clocks`` are the
    nanoseconds that run A read from each clock, where they are known: a duration is the time between two of them, or
    stands in a line that speaks of time. A number of CPUs that a line tells as such, and a user's or host's name that
    is only shown, are warnings too.
    """
    if any(difference.key.aspect not in _SHOWN for difference in differences):
        return "error"
    if factor in ("cpus", "variables"):
        return "warning" if all(_only_names(difference, factor, varied) for difference in differences) else "error"
    if factor != "clock":
        return "error"
    return "warning" if all(_only_shows(difference, varied, clocks) for difference in differences) else "error"


def _only_names(difference: Difference, factor: FactorName, varied: Conditions) -> bool:
    """Whether lines are the same but for the number of CPUs, or for the names that user and host have."""
    if not difference.pairs or difference.key.what == "outcome":
        return False
    return all(
        _is_count(a, b, varied) if factor == "cpus" else any(_is_name(a, b, name) for name in OTHER_NAMES)
        for a, b in difference.pairs
    )


def _is_count(a: str, b: str, varied: Conditions) -> bool:
    if _COUNTED.search(a) is None or _NUMBER.sub("#", a) != _NUMBER.sub("#", b):
        return False
    numbers = zip(_NUMBER.findall(a), _NUMBER.findall(b), strict=True)
    return all(x == y or (x.isdigit() and y == str(varied.cpus)) for x, y in numbers)


def _is_name(a: str, b: str, name: str) -> bool:
    return name in b and re.fullmatch(re.escape(b).replace(re.escape(name), r"[\w.@-]+"), a) is not None


def _only_shows(difference: Difference, varied: Conditions, clocks: Sequence[Sequence[int]] | None) -> bool:
    if "(image/" in difference.key.what or difference.key.what.startswith("figure"):
        return True
    if difference.key.aspect == "artifacts" and not difference.pairs:
        return difference.parts == ("pixels",)
    pairs = difference.pairs or ((difference.a, difference.b),)
    return difference.key.what != "outcome" and all(_is_shown(a, b, varied, clocks) for a, b in pairs)


def _is_shown(a: str, b: str, varied: Conditions, clocks: Sequence[Sequence[int]] | None) -> bool:
    """Whether two lines are the same but for dates, times, durations, and ages.

    On a busy machine a duration may be longer by far more than the rate: it is one where its line says so and A has
    measured it. It is never shorter, as a count is that a limit of time has ended.
    """
    a, b = (_NORMALISED.sub("<>", text) for text in (a, b))
    a_plain, b_plain = (_TIME.sub("<>", _DATE.sub("<>", text)) for text in (a, b))
    if _words(a_plain) != _words(b_plain):
        return False
    a_numbers, b_numbers = _NUMBER.findall(a_plain), _NUMBER.findall(b_plain)
    if len(a_numbers) != len(b_numbers):
        return False
    spoken = _TIMED.search(a) is not None
    timed = clocks is None or spoken
    dated = _DATE_WORDS.search(a) is not None or "<>" in a_plain
    return all(
        x == y
        or _is_moment(x, y, varied)
        or (_is_longer(x, y, varied) and (timed or _was_measured(x, clocks or ())))
        or (spoken and _value(y) > _value(x) and _was_measured(x, clocks or ()))
        or (dated and _may_be_part_of_date(x, y))
        for x, y in zip(a_numbers, b_numbers, strict=True)
    )


def _words(text: str) -> list[str]:
    return _NUMBER.sub(" ", _DATE_WORDS.sub(" ", text)).replace("<>", " ").split()


def _is_moment(a: str, b: str, varied: Conditions) -> bool:
    """Whether two numbers are a moment or an age, later by the offset, as far as their digits tell."""
    moved = _value(b) - _value(a)
    digit = 10.0 ** -min(_decimals(a), _decimals(b))
    for span in _SPANS:
        expected = varied.clock_offset / span
        if abs(expected) >= 1 and abs(moved - expected) <= max(digit, 0.02 * abs(expected)):
            return True
    return False


def _is_longer(first: str, second: str, varied: Conditions) -> bool:
    """Whether two numbers are a duration, longer by the rate; one that was rounded to nothing may be a last digit."""
    a, b = _value(first), _value(second)
    if a == 0:
        return 0 <= b <= varied.clock_rate * _SLACK * 10.0 ** -_decimals(first)
    return b > 0 and varied.clock_rate / _SLACK < b / a < varied.clock_rate * _SLACK


def _was_measured(text: str, clocks: Sequence[Sequence[int]]) -> bool:
    """Whether a number is the time between two reads of a clock, in seconds or thousandths of them."""
    value, digit = _value(text), 10.0 ** -_decimals(text)
    return any(_is_apart(value * unit, max(digit * unit, 1.0), reads) for unit in (1e9, 1e6) for reads in clocks)


def _is_apart(nanoseconds: float, digit: float, reads: Sequence[int]) -> bool:
    ordered = sorted(reads)
    for first in ordered:
        at = bisect_left(ordered, first + nanoseconds - digit)
        if at < len(ordered) and ordered[at] <= first + nanoseconds + digit:
            return True
    return False


def _decimals(text: str) -> int:
    """Digits behind the point; of a power of ten, as many as it has places."""
    digits, _, power = text.lower().partition("e")
    return len(digits.partition(".")[2]) - (int(power) if power else 0)


def _may_be_part_of_date(a: str, b: str) -> bool:
    """Days, hours, minutes, seconds and years, as they stand beside the name of a month or a day."""
    return all(text.isdigit() and (int(text) < 62 or 1900 < int(text) < 2200) for text in (a, b))


def _value(text: str) -> float:
    try:
        return float(text.replace(",", ""))
    except ValueError:
        return float("nan")
