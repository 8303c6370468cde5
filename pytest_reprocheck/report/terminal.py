"""Audits as text for people: a failure's section, the summary, a cause's page.

Everything is plain text. What is too long for a line is wrapped, or cut with `` ...``; nothing is left out without a
word.
"""

from __future__ import annotations

import re
import shlex
import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest

from pytest_reprocheck.core.causes import Cause
from pytest_reprocheck.core.conditions import FACTORS
from pytest_reprocheck.core.findings import Audit, Effect, Finding
from pytest_reprocheck.core.trace import Place
from pytest_reprocheck.report.machine import last_path

SHOWN_EFFECTS = 4
"""Effects told in full for each finding; the first ones of the log are the nearest to the cause."""
SHOWN_DETAIL = 20
"""Last lines of a traceback that are shown."""

_LABEL = 10
"""Width of the column of labels (``  reaches ``)."""
_ESCAPE = re.compile(r"\x1b\[[0-9;:?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)")
"""Colours and other terminal sequences, as IPython's tracebacks have them."""


def render_header(factors: Sequence[str], workspace: str, why: str, limits: str, *, width: int = 80) -> list[str]:
    """What a run of audits varies, how runs are kept apart (``why`` not better), and the limits."""
    apart = f"{workspace} (no overlay: {why})" if why else workspace
    return [
        *_wrapped(f"reprocheck: varies {' '.join(factors)}", width, hanging=12),
        *_wrapped(f"reprocheck: {apart} | {limits}", width, hanging=12),
    ]


def render_headline(audit: Audit) -> str:
    """Name, verdict, and how many of the findings that count were confirmed: ``churn.ipynb: failed``."""
    errors = [finding for finding in audit.findings if finding.severity == "error"]
    confirmed = sum(finding.confirmed for finding in errors)
    counts = [f"{confirmed} confirmed"] if confirmed else []
    counts += [f"{len(errors) - confirmed} not confirmed"] if confirmed < len(errors) else []
    return f"{one_line(audit.name)}: {audit.verdict}" + (f" ({', '.join(counts)})" if counts else "")


def render_failure(audit: Audit, *, width: int = 80) -> str:
    """Why a subject did not pass: each finding with place, evidence, effects and remedy, and how to see it again."""
    lines: list[str] = []
    if audit.reason not in [finding.message for finding in audit.findings]:
        lines += _wrapped(audit.reason, width)
    lines += _detail(audit.detail, width)
    for finding in audit.findings:
        if finding.severity != "info":
            lines += _finding(finding, audit.path, width)
    hidden = sum(finding.severity == "info" for finding in audit.findings)
    if hidden:
        lines.append(f"and {_count(hidden, 'finding')} of severity info, in the report")
    for told in _not_compared(audit):
        lines += _labelled("not compared:", told, width, indent=14)
    if audit.kind != "function" and audit.conditions and audit.findings:
        lines.append(f"{'  replay':<{_LABEL}}reprocheck replay {shlex.quote(last_path(audit))}")
    return "\n".join(lines)


def _not_compared(audit: Audit) -> list[str]:
    """Each item with its reason; variables at steps, which decide nothing, as a count."""
    results = [item for item in audit.not_compared if not item.what.startswith("variable ")]
    told = [f"{item.what} ({item.reason})" for item in results]
    if variables := len(audit.not_compared) - len(results):
        told.append(f"{_count(variables, 'variable')} at steps, which only help to locate (in the report)")
    return told


def render_summary(audits: Sequence[Audit], *, width: int = 80, flag: str = "--reprocheck-vary") -> list[str]:
    """One line for each subject, in the given order, and which factors were not varied; ``flag`` chooses them."""
    names = [one_line(audit.name) for audit in audits]
    name_width = min(max(map(len, names), default=0), width // 2)
    verdict_width = max((len(audit.verdict) for audit in audits), default=0)
    runs_width = max((len(_cost(audit)) for audit in audits), default=0)
    lines: list[str] = []
    for audit, name in zip(audits, names, strict=True):
        head = f"{name:<{name_width}}  {audit.verdict:<{verdict_width}}  {_cost(audit):<{runs_width}}"
        parts = (_factors(audit), _warnings(audit), _written(audit), one_line(audit.reason))
        rest = "; ".join(part for part in parts if part)
        if len(f"{head}  {rest}") <= width:
            lines.append(f"{head}  {rest}".rstrip())
        else:
            lines += [head.rstrip(), *_wrapped(rest, width, indent=4)]
    return [*lines, *_wrapped(_not_varied(audits, flag), width, hanging=2)]


def _not_varied(audits: Sequence[Audit], flag: str) -> str:
    """The factors that no audit was asked to vary, so that nobody takes silence for a pass."""
    varied = {factor for audit in audits for factor in audit.factors}
    left = [factor for factor in FACTORS if factor.name not in varied]
    if not left or not varied:
        return ""
    hint = f" ({flag}=hardware)" if all(factor.level == "hardware" for factor in left) else ""
    return f"not varied: {' '.join(factor.name for factor in left)}{hint}"


def render_interrupted(name: str) -> str:
    """The line of a subject whose audit was broken off."""
    return f"{one_line(name)}  interrupted: its runs were ended, there is no verdict"


def render_replay(stored: Audit, again: Audit, *, width: int = 80) -> str:
    """Whether a stored audit's differences came again, and which."""
    total = len(stored.findings)
    words = f"{len(again.findings)} of {_count(total, 'finding')} came again" if total else "no findings are stored"
    head = f"{one_line(stored.name)}: {words} ({_cost(again)})"
    lines = [head, *(_wrapped(again.reason, width, indent=2) if again.reason else [])]
    for finding in again.findings:
        lines += _finding(finding, again.path, width)
    return "\n".join(lines)


def render_cause(cause: Cause, *, width: int = 80) -> str:
    """A cause's page."""
    sections = [
        [cause.slug, "=" * len(cause.slug)],
        _wrapped(cause.title + ".", width),
        ["What", *_wrapped(cause.what, width, indent=2)],
        ["Why it matters", *_wrapped(cause.why, width, indent=2)],
        ["Example", *textwrap.indent(cause.example.rstrip(), "  ").splitlines()],
        *(
            [textwrap.indent(f"$ {audit_command(cause)}\n{cause.report.rstrip()}", "  ").splitlines()]
            * bool(cause.report)
        ),
        ["Remedy", *textwrap.indent(cause.remedy.rstrip(), "  ").splitlines()],
        ["Known limits", *_wrapped(cause.limits, width, indent=2)],
    ]
    return "\n\n".join("\n".join(section) for section in sections)


def audit_command(cause: Cause) -> str:
    """The command that the report of a cause's example comes from."""
    return f"reprocheck audit example.py{f' --vary={cause.vary}' if cause.vary else ''}"


def render_causes(causes: Iterable[Cause], *, width: int = 80) -> str:
    """The catalogue, one cause a line."""
    pages = list(causes)
    slug_width = max(len(page.slug) for page in pages)
    return "\n".join(cut(f"{page.slug:<{slug_width}}  {page.title}", width) for page in pages)


def one_line(text: str) -> str:
    """Text in which line ends and unprintable characters are escaped, so that it cannot leave its line."""
    plain = _ESCAPE.sub("", text)
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in plain)


def cut(text: str, width: int) -> str:
    """Text of at most ``width`` characters; what was cut off is told by `` ...``."""
    return text if len(text) <= width else text[: max(width - 4, 0)].rstrip() + " ..."


def _finding(finding: Finding, path: str, width: int) -> Iterator[str]:
    marks = [] if finding.confirmed else ["not confirmed"]
    marks += [finding.severity] if finding.severity != "error" else []
    mark = f"  ({', '.join(marks)})" if marks else ""
    head = f"{finding.cause}{mark}  {_place(finding.location, path)}"
    yield cut(f"{head}   {one_line(finding.source)}".rstrip(), max(width, len(head) + 4))
    yield from _labelled("  why", finding.message, width)
    label = "  reaches"
    for effect in finding.effects[:SHOWN_EFFECTS]:
        yield from _labelled(label, _effect(effect, path), width)
        if one_line(effect.a) != one_line(effect.b):
            yield from _values(effect, width)
        label = ""
    if folded := finding.effects[SHOWN_EFFECTS:]:
        counts = sorted(Counter(effect.aspect for effect in folded).items())
        yield f"{'':{_LABEL}}and {len(folded)} more: {', '.join(f'{count} {aspect}' for aspect, count in counts)}"
    yield from _remedy(finding.remedy)


def _remedy(remedy: str) -> Iterator[str]:
    """The remedy as it stands: code is there to be copied, so it is neither wrapped nor cut."""
    label = "  remedy"
    for line in remedy.splitlines():
        yield f"{label:<{_LABEL}}{one_line(line)}".rstrip()
        label = ""


def _effect(effect: Effect, path: str) -> str:
    place = effect.place.removeprefix(f"{path} ")
    note = f"; {effect.note}" if effect.note else ""
    return f"{place} {effect.what}: {effect.sameness.value}{note}".lstrip()


def _values(effect: Effect, width: int) -> Iterator[str]:
    """Two different values beside each other, or below each other and cut to where they differ."""
    a, b = one_line(effect.a), one_line(effect.b)
    room = width - _LABEL - 2
    if len(a) + len(b) + 5 <= room:
        yield f"{'':{_LABEL}}A {a}   B {b}".rstrip()
        return
    alike = next(at for at, signs in enumerate(zip_longest(a, b)) if signs[0] != signs[1])
    if max(len(a), len(b)) > room and alike > room // 2:
        a, b = (f"... {value[alike - room // 4 :]}" for value in (a, b))
    yield from (f"{'':{_LABEL}}{label} {cut(value, room)}" for label, value in (("A", a), ("B", b)))


def _place(place: Place, path: str) -> str:
    """A place as the subject's own reader needs it: a notebook's cells without its path."""
    return str(place).removeprefix(f"{path} ")


def _detail(detail: str, width: int) -> Iterator[str]:
    lines = [one_line(line.expandtabs()) for line in _ESCAPE.sub("", detail).splitlines()]
    if len(lines) > SHOWN_DETAIL:
        yield f"  ... {len(lines) - SHOWN_DETAIL} earlier lines are in the report"
    yield from (cut(f"  {line}".rstrip(), width) for line in lines[-SHOWN_DETAIL:])


def _factors(audit: Audit) -> str:
    """How many factors were applied, and why the others were not."""
    known = [(factor.name, audit.factors[factor.name]) for factor in FACTORS if factor.name in audit.factors]
    if not known:
        return ""
    applied = [name for name, report in known if report.status == "applied"]
    missed = [
        (name if report.status == "not-applicable" else f"{name} ineffective")
        + (f": {one_line(report.reason)}" if report.reason else "")
        for name, report in known
        if report.status != "applied"
    ]
    return f"{len(applied)} of {_count(len(known), 'factor')} applied" + (f" ({'; '.join(missed)})" if missed else "")


def _warnings(audit: Audit) -> str:
    """What is shown and does not fail, as the cause and its place."""
    shown = [f"{finding.cause} at {finding.location}" for finding in audit.findings if finding.severity == "warning"]
    return f"{_count(len(shown), 'warning')}: {', '.join(shown)}" if shown else ""


def _written(audit: Audit) -> str:
    """That files were written, which a pass says nothing about."""
    files = sum(item.what.startswith("file ") for item in audit.not_compared)
    return f"{_count(files, 'file')} written, not compared" if files else ""


def _cost(audit: Audit) -> str:
    seconds = f"{audit.seconds:.1f}" if audit.seconds < 9.95 else f"{audit.seconds:.0f}"
    return f"{_count(audit.runs, 'run')} {seconds} s"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _labelled(label: str, text: str, width: int, *, indent: int = _LABEL) -> list[str]:
    """Wrapped text with a label before its first line; nothing for an empty text."""
    lines = _wrapped(text, width, indent=indent)
    return [f"{label:<{indent}}{lines[0].lstrip()}", *lines[1:]] if text else []


def _wrapped(text: str, width: int, *, indent: int = 0, hanging: int = 0) -> list[str]:
    """Text in lines of at most ``width``, broken at spaces only: a long path or number stays whole."""
    return textwrap.wrap(
        one_line(text),
        width,
        initial_indent=" " * indent,
        subsequent_indent=" " * (indent + hanging),
        break_long_words=False,
        break_on_hyphens=False,
    )
