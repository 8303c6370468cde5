"""Whether a span of time in a text is the program's own, which no two runs share, or a result of its own.

``fitted in 3.5 s`` is the program's own time; ``mean_delay: 3.5 s`` is what it computed. The label tells: the words
between the value and the field before it.
"""

from __future__ import annotations

import re

_REACH = 60
"""Characters before a value in which its label is looked for."""
_BOUNDARY = re.compile(r"[,;|()\[\]{}<>\n]|(?<![\w.])[-+]?\d[\d.,:]*")
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")

_OWN = frozenset(
    """
    benchmark build cold compile compiled compiling completed computed cpu done elapsed epoch epochs eta eval evaluate
    evaluation exec executed execution fetch finished fit fits fitted fitting fold folds inference init iter iteration
    iterations latency load loaded loading loop loops overhead per preprocessing process processed processing ran real
    remaining run running runs runtime save saved saving scored scoring startup step steps sys takes taken taking timer
    timing took train trained training user wall warmup
    """.split()  # noqa: SIM905 - a list of words is read as words
)
"""Words of what a program says of its own work."""
_QUANTITIES = frozenset(
    """
    actual age arrival bias commute crossing dead decay delay delays departure deviation downtime dt dwell err error
    estimate estimated expected fall flight forecast forecasted gap half headway horizon idle interval lag lags lap lead
    life lifetime lifetimes mae mape mse offset outage pace period phase pred predicted prediction queue race rally
    reaction residual rest rise rmse session shift signal sleep stay survival target tau timestep travel trip uptime
    wait waiting waits window
    """.split()  # noqa: SIM905
)
"""Words of what data and models are about."""
_STATISTICS = frozenset({"average", "avg", "max", "mean", "median", "min", "std", "sum", "total"})


def is_measured(match: re.Match[str]) -> bool:
    """Whether a matched span of time is a quantity that the program computed, and so a result.

    Words of the program's own work win over words of quantities; without either it is the program's own.
    """
    words = _label(match)
    if not words or words[-1] == "in" or _OWN.intersection(words):
        return False
    if "duration" in words or "durations" in words:
        return bool(_STATISTICS.intersection(words) or _QUANTITIES.intersection(words))
    return bool(_QUANTITIES.intersection(words))


def is_named(match: re.Match[str]) -> bool:
    """Whether words stand before a match, so that it is the time of something: ``waiting time: 3.1``."""
    return bool(_label(match))


def _label(match: re.Match[str]) -> list[str]:
    before = match.string[max(0, match.start() - _REACH) : match.start()]
    return [word.lower() for word in _WORD.findall(_BOUNDARY.split(before)[-1])]
