"""Audits as text for people: a failure's section, the summary, a cause's page.

Everything is plain text. What is too long for a line is wrapped, or cut with `` ...``; nothing is left out without a
word.
"""

from __future__ import annotations

import shlex
import textwrap
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import zip_longest

from pytest_reprocheck.core.causes import Cause, is_drift
from pytest_reprocheck.core.conditions import FACTORS
from pytest_reprocheck.core.findings import Audit, Effect, FactorState, Finding
from pytest_reprocheck.core.trace import Place
from pytest_reprocheck.report.machine import last_path
from pytest_reprocheck.report.tracebacks import ESCAPE, fitted_frame, folded_traceback

SHOWN_EFFECTS = 4
"""Effects told in full for each finding; the first ones of the log are the nearest to the cause."""
SHOWN_DETAIL = 20
"""Last lines of a traceback that are shown."""

_LABEL = 10
"""Width of the column of labels (``  reaches ``)."""


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
    warnings = sum(finding.severity == "warning" for finding in audit.findings)
    confirmed = sum(finding.confirmed for finding in errors)
    counts = [f"{confirmed} confirmed"] if confirmed else []
    counts += [f"{len(errors) - confirmed} not confirmed"] if confirmed < len(errors) else []
    counts += [_count(warnings, "warning")] if warnings else []
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
    for finding in audit.findings:
        if finding.allowed:
            told = f"{finding.cause} {_place(finding.location, audit.path)}: {finding.allowed}"
            lines += _labelled("allowed:", told, width, indent=14)
    hidden = sum(finding.severity == "info" and not finding.allowed for finding in audit.findings)
    if hidden:
        lines.append(f"and {_count(hidden, 'finding')} of severity info, in the report")
    for remark in audit.remarks:
        lines += _labelled("allowed:", remark, width, indent=14)
    for told in _not_compared(audit):
        lines += _labelled("not compared:", told, width, indent=14)
    if audit.kind != "function" and audit.conditions and audit.findings:
        lines.append(f"{'  replay':<{_LABEL}}reprocheck replay {shlex.quote(last_path(audit))}")
    return "\n".join(lines)


def render_text(audit: Audit, notes: Sequence[str] = ()) -> str:
    """All of one audit: the section where there is something to say, the summary, and sentences about it."""
    told = [render_headline(audit), render_failure(audit)] if is_told(audit) else []
    remarks = [line for note in notes for line in _wrapped(note, 80, hanging=2)]
    return "\n".join([*told, *render_summary([audit], flag="--vary", told=is_told), *remarks])


def _not_compared(audit: Audit) -> list[str]:
    """Each item with its reason; variables at steps, which decide nothing, as a count."""
    results = [item for item in audit.not_compared if not item.what.startswith("variable ")]
    told = [f"{item.what} ({item.reason})" for item in results]
    if variables := len(audit.not_compared) - len(results):
        told.append(f"{_count(variables, 'variable')} at steps, which only help to locate (in the report)")
    return told


def is_told(audit: Audit) -> bool:
    """Whether there is something to say of an audit besides its line in the summary."""
    return not audit.passed or any(finding.severity == "warning" for finding in audit.findings)


def render_summary(
    audits: Sequence[Audit],
    *,
    width: int = 80,
    flag: str = "--reprocheck-vary",
    told: Callable[[Audit], bool] = lambda _audit: False,
) -> list[str]:
    """One line for each subject, in the given order, which factors had nothing to vary, and which were left out.

    ``flag`` chooses the factors; the reasons of audits that were ``told`` in full are not repeated.
    """
    names = [one_line(audit.name) for audit in audits]
    name_width = min(max(map(len, names), default=0), width // 2)
    verdict_width = max((len(audit.verdict) for audit in audits), default=0)
    runs_width = max((len(cost(audit)) for audit in audits), default=0)
    lines: list[str] = []
    for audit, name in zip(audits, names, strict=True):
        head = f"{name:<{name_width}}  {audit.verdict:<{verdict_width}}  {cost(audit):<{runs_width}}"
        reason = "" if told(audit) else one_line(audit.reason)
        parts = (_factors(audit), _warnings(audit), _allowed(audit), _written(audit), reason)
        rest = "; ".join(part for part in parts if part)
        if len(f"{head}  {rest}") <= width:
            lines.append(f"{head}  {rest}".rstrip())
        else:
            lines += [head.rstrip(), *_wrapped(rest, width, indent=4)]
        lines += [line for remark in audit.remarks for line in _wrapped(remark, width, indent=4)]
    footer = (*_missed(audits), _not_varied(audits, flag))
    return [*lines, *(line for text in footer for line in _wrapped(text, width, hanging=2))]


def _missed(audits: Sequence[Audit]) -> list[str]:
    """Which factors were asked for and not applied, each reason once, with the subjects unless it is all of them."""
    ran = [audit for audit in audits if _has_result(audit)]
    subjects: dict[tuple[FactorState, str], list[str]] = {}
    for factor in FACTORS:
        for audit in ran:
            report = audit.factors.get(factor.name)
            if report is not None and report.status != "applied":
                reason = f"{factor.name} ({one_line(report.reason)})" if report.reason else factor.name
                subjects.setdefault((report.status, reason), []).append(one_line(audit.name))
    lines = []
    for state, words in (("not-applicable", "nothing to vary"), ("ineffective", "could not be varied")):
        items = [reason + _among(names, len(ran)) for (status, reason), names in subjects.items() if status == state]
        lines += [f"{words}: {', '.join(items)}"] if items else []
    return lines


def _among(names: Sequence[str], total: int) -> str:
    if len(names) == total:
        return ""
    return f" in {', '.join(names)}" if len(names) <= 2 else f" in {len(names)} of {total}"


def _has_result(audit: Audit) -> bool:
    """Whether the runs came to anything that factors could have changed."""
    return audit.verdict not in ("failed", "blocked")


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
    head = f"{one_line(stored.name)}: {words} ({cost(again)})"
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


def render_error(text: str, *, width: int = 80) -> str:
    """A message of any length in lines that fit."""
    return "\n".join(_wrapped(text, width, hanging=2))


def one_line(text: str) -> str:
    """Text in which line ends and unprintable characters are escaped, so that it cannot leave its line."""
    plain = ESCAPE.sub("", text)
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
    shown = _telling_effects(finding.effects)
    for effect in shown:
        yield from _labelled(label, _effect(effect, path), width)
        if one_line(effect.a) != one_line(effect.b):
            yield from _values(effect, width, ("then", "now ") if is_drift(finding) else ("A", "B"))
        label = ""
    counts = Counter(effect.aspect for effect in finding.effects)
    counts.subtract(effect.aspect for effect in shown)
    if folded := counts.total():
        told = ", ".join(f"{count} {aspect}" for aspect, count in sorted(counts.items()) if count)
        yield f"{'':{_LABEL}}and {folded} more: {told}"
    yield from _remedy(finding.remedy)


def _telling_effects(effects: Sequence[Effect]) -> list[Effect]:
    """The effects that are told in full: of a fact that came again and again at its place, the first one."""
    first: dict[tuple[str, str], Effect] = {}
    for effect in effects:
        first.setdefault((effect.place, effect.what), effect)
    return list(first.values())[:SHOWN_EFFECTS]


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


def _values(effect: Effect, width: int, labels: tuple[str, str]) -> Iterator[str]:
    """Two different values beside each other, or below each other and cut to where they differ."""
    a, b = one_line(effect.a), one_line(effect.b)
    room = width - _LABEL - len(labels[0]) - 1
    if len(a) + len(b) + 4 + len(labels[1]) <= room:
        yield f"{'':{_LABEL}}{labels[0]} {a}   {labels[1].strip()} {b}".rstrip()
        return
    alike = next(at for at, signs in enumerate(zip_longest(a, b)) if signs[0] != signs[1])
    if max(len(a), len(b)) > room and alike > room // 2:
        a, b = (f"... {value[alike - room // 4 :]}" for value in (a, b))
    yield from (f"{'':{_LABEL}}{label} {cut(value, room)}" for label, value in zip(labels, (a, b), strict=True))


def _place(place: Place, path: str) -> str:
    """A place as the subject's own reader needs it: a notebook's cells without its path."""
    return str(place).removeprefix(f"{path} ")


def _detail(detail: str, width: int) -> Iterator[str]:
    lines = [one_line(line) for line in folded_traceback(detail)]
    if len(lines) > SHOWN_DETAIL:
        yield f"  ... {len(lines) - SHOWN_DETAIL} earlier lines are in the report"
    yield from (cut(fitted_frame(f"  {line}".rstrip(), width), width) for line in lines[-SHOWN_DETAIL:])


def _factors(audit: Audit) -> str:
    """How many factors were applied."""
    if not audit.factors or not _has_result(audit):
        return ""
    applied = sum(report.status == "applied" for report in audit.factors.values())
    return f"{applied}/{_count(len(audit.factors), 'factor')} applied"


def _warnings(audit: Audit) -> str:
    """What is shown and does not fail, as the cause and its place."""
    shown = [
        f"{finding.cause} at {_place(finding.location, audit.path)}"
        for finding in audit.findings
        if finding.severity == "warning"
    ]
    return f"{_count(len(shown), 'warning')}: {', '.join(shown)}" if shown else ""


def _allowed(audit: Audit) -> str:
    """What the user accepts, as the cause and its place."""
    shown = [f"{finding.cause} at {finding.location}" for finding in audit.findings if finding.allowed]
    return f"{len(shown)} allowed: {', '.join(shown)}" if shown else ""


def _written(audit: Audit) -> str:
    """That files were written, which a pass says nothing about."""
    files = sum(item.what.startswith("file ") for item in audit.not_compared)
    return f"{_count(files, 'file')} written, not compared" if files else ""


def cost(audit: Audit) -> str:
    """Runs and seconds that an audit took."""
    seconds = f"{audit.seconds:.1f}" if audit.seconds < 9.95 else f"{audit.seconds:.0f}"
    return f"{_count(audit.runs, 'run')} {seconds} s"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _labelled(label: str, text: str, width: int, *, indent: int = _LABEL) -> list[str]:
    """Wrapped text with a label before its first line; nothing for an empty text."""
    lines = _wrapped(text, width, indent=indent)
    return [f"{label:<{indent}}{lines[0].lstrip()}", *lines[1:]] if lines else []


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
