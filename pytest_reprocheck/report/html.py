"""An audit as HTML: self-contained, without scripts, for notebooks and for pages of their own.

Whatever comes from the subject is escaped. Headings, tables and folded details are those of HTML, so that keyboards and
screen readers find their way; remedies are selected whole with one click.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape

from pytest_reprocheck.core.causes import CAUSES
from pytest_reprocheck.core.conditions import FACTORS
from pytest_reprocheck.core.findings import Audit, Effect, Finding, Severity, Verdict
from pytest_reprocheck.core.trace import Place
from pytest_reprocheck.report.machine import last_path
from pytest_reprocheck.report.style import STYLE
from pytest_reprocheck.report.terminal import cost, one_line, render_headline
from pytest_reprocheck.report.tracebacks import folded_traceback

Links = Mapping[int, tuple[str, str]]
"""Index of a notebook's cell -> where a link to it leads (nowhere, if empty), and what its prompt says: ``In [4]``."""

SHOWN_EFFECTS = 6
"""Effects of a finding that are not folded."""

_MEANING: Mapping[Verdict, tuple[str, str, str]] = {
    "reproducible": ("good", "✓", "Runs under different conditions gave the same results."),
    "nondeterministic": ("bad", "✗", "It gives other results when it is simply run again."),
    "fragile": ("bad", "✗", "It gives the same here, and other results on another machine or checkout."),
    "drifted": ("bad", "✗", "It no longer gives what was recorded."),
    "failed": ("bad", "✗", "It does not run to its end, in any run."),
    "inconclusive": ("warn", "?", "Its runs differ, and nothing that was varied explains it."),
    "blocked": ("warn", "■", "It was not audited: something that it needs is not here, or it would change something."),
}
"""Verdict -> class of the style sheet, sign, and what it means."""
_MARKS: Mapping[Severity, str] = {"error": "rc-bad", "warning": "rc-warn", "info": "rc-note"}
_TITLES = {cause.slug: cause.title for cause in CAUSES}
_TRIED = re.compile(r"\s*\((tried: [^()]*|not tried)\)\s*\Z")
_BESIDE = re.compile(r" {3}\((?P<place>[^()]*)\)\Z")
"""Where a remedy goes that is not for the finding's own line: told, and not copied with it."""


def render_html(audit: Audit, *, links: Links | None = None, notes: Sequence[str] = ()) -> str:
    """A fragment for a notebook, or for ``render_page``.

    Args:
        audit: what is shown.
        links: of the notebook's cells.
        notes: sentences that stand below the verdict, in this order.
    """
    known = links or {}
    shown = [finding for finding in audit.findings if finding.severity != "info"]
    parts = [
        _head(audit, notes),
        *(_finding(finding, audit, known) for finding in shown),
        *_allowed(audit, known),
        *_detail(audit),
        _circumstances(audit),
        *_not_compared(audit),
        *_replay(audit),
    ]
    return framed("".join(parts), label=f"Audit of {audit.name}: {audit.verdict}")


def render_problem(problem: str, consequence: str = "") -> str:
    """Why there is no audit, and what came of that."""
    after = f"<p>{escape(consequence)}</p>" if consequence else ""
    body = f'<div class="rc-head rc-warn"><h3><span aria-hidden="true">■</span> {_text(problem)}</h3>{after}</div>'
    return framed(body, label=problem)


def framed(body: str, *, label: str) -> str:
    """Finished HTML inside of the frame that the style sheet speaks of; ``label`` names it for screen readers."""
    return f'<div class="reprocheck" role="region" aria-label="{_text(label)}"><style>{STYLE}</style>{body}</div>'


def render_page(audits: Iterable[Audit]) -> str:
    """A whole page of several audits."""
    body = "\n".join(render_html(audit) for audit in audits)
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        "<title>reprocheck</title><style>:root{color-scheme:light dark}</style></head>"
        f"<body><main>{body}</main></body></html>\n"
    )


def _head(audit: Audit, notes: Sequence[str]) -> str:
    mark, sign, meaning = _MEANING[audit.verdict]
    told = [f"<p>{_text(note)}</p>" for note in notes]
    if audit.reason and audit.reason not in [finding.message for finding in audit.findings]:
        told.insert(0, f"<p>{_text(audit.reason)}</p>")
    return (
        f'<div class="rc-head rc-{mark}"><h3><span aria-hidden="true">{sign}</span> '
        f"{_text(render_headline(audit))}</h3>"
        f'<p>{meaning} <span class="rc-dim">{escape(cost(audit))}</span></p>{"".join(told)}</div>'
    )


def _finding(finding: Finding, audit: Audit, links: Links) -> str:
    state = "" if finding.confirmed else " (not confirmed)"
    severity = f" ({finding.severity})" if finding.severity != "error" else ""
    title = _TITLES.get(finding.cause, "")
    about = f' <span class="rc-dim">{escape(title)}</span>' if title else ""
    source = f"<pre>{_text(finding.source)}</pre>" if finding.source else ""
    return (
        f'<section class="rc-finding {_MARKS[finding.severity]}">'
        f"<h4>{escape(finding.cause)}{severity}{state} in {_link(finding.location, audit, links)}</h4>{source}"
        f"<p>{_sentence(finding.message)}{about}</p>{_effects(finding.effects, audit, links)}"
        f"{_remedy(finding.remedy)}</section>"
    )


def _sentence(text: str) -> str:
    """A message as a sentence, its code (between backquotes) as code."""
    told = _text(text[:1].upper() + text[1:])
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", told) + ("" if told.endswith((".", "?", "!")) else ".")


def _effects(effects: Sequence[Effect], audit: Audit, links: Links) -> str:
    if not effects:
        return ""
    first = _table(effects[:SHOWN_EFFECTS], audit, links)
    if not (rest := effects[SHOWN_EFFECTS:]):
        return first
    return f"{first}<details><summary>{len(rest)} more</summary>{_table(rest, audit, links)}</details>"


def _table(effects: Sequence[Effect], audit: Audit, links: Links) -> str:
    rows = "".join(
        f'<tr><td class="rc-where">{_place(effect.place, audit, links)}</td><td class="rc-what">{_text(effect.what)}'
        f'<br><span class="rc-dim">{_told(effect)}</span></td>'
        f'<td class="rc-value">{_text(effect.a)}</td><td class="rc-value">{_text(effect.b)}</td></tr>'
        for effect in effects
    )
    return (
        '<div class="rc-wide"><table><thead><tr><th scope="col">where</th><th scope="col">what differs</th>'
        f'<th scope="col">run A</th><th scope="col">run B</th></tr></thead><tbody>{rows}</tbody></table></div>'
    )


def _told(effect: Effect) -> str:
    return _text("; ".join(filter(None, (effect.sameness.value, effect.note))))


def _remedy(remedy: str) -> str:
    if not remedy:
        return ""
    trial = _TRIED.search(remedy)
    text = remedy[: trial.start()] if trial else remedy
    told = {
        None: "",
        "tried: gone": "<p>Tried on a copy: with it, the runs no longer differ.</p>",
        "not tried": "<p>It was not tried.</p>",
    }
    outcome = trial[1] if trial else None
    after = told.get(outcome, f"<p>Tried on a copy: {escape((outcome or '').removeprefix('tried: '))}.</p>")
    beside = _BESIDE.search(text)
    where = f' <span class="rc-dim">{_text(beside["place"])}</span>' if beside else ""
    lines = "\n".join(one_line(line) for line in _BESIDE.sub("", text).splitlines())
    return f'<p><strong>Remedy</strong>{where}</p><pre class="rc-copy" tabindex="0">{escape(lines)}</pre>{after}'


def _link(place: Place, audit: Audit, links: Links) -> str:
    shown = _text(str(place).removeprefix(f"{audit.path} "))
    if place.cell is None or place.path != audit.path or place.cell not in links:
        return shown
    target, prompt = links[place.cell]
    text = f"{shown}, {_text(prompt)}" if prompt else shown
    return f'<a href="{_text(target)}">{text}</a>' if target else text


def _place(told: str, audit: Audit, links: Links) -> str:
    """A place that is there as text."""
    found = re.fullmatch(r"(?P<path>.*) cell\[(?P<cell>\d+)\](?::(?P<line>\d+))?", told)
    if found is None:
        return _text(told.removeprefix(f"{audit.path} "))
    line = int(found["line"]) if found["line"] else None
    return _link(Place(path=found["path"], cell=int(found["cell"]), line=line), audit, links)


def _allowed(audit: Audit, links: Links) -> Iterator[str]:
    accepted = [finding for finding in audit.findings if finding.allowed]
    items = [
        f"{escape(each.cause)} in {_link(each.location, audit, links)}: {_text(each.allowed)}" for each in accepted
    ]
    items += [_text(remark) for remark in audit.remarks]
    if items:
        yield _folded(f"{len(accepted)} allowed", _list(items))


def _detail(audit: Audit) -> Iterator[str]:
    if audit.detail:
        lines = "\n".join(one_line(line) for line in folded_traceback(audit.detail))
        yield f'<details open><summary>traceback</summary><pre tabindex="0">{escape(lines)}</pre></details>'


def _circumstances(audit: Audit) -> str:
    """What was varied, and what was not: nobody may take silence for a pass."""
    applied = [name for name, report in audit.factors.items() if report.status == "applied"]
    items = [f"varied between A and B: {', '.join(applied)}"] if applied else []
    items += [
        f"{name}: {report.status}{f' ({_text(report.reason)})' if report.reason else ''}"
        for name, report in audit.factors.items()
        if report.status != "applied"
    ]
    left = [factor.name for factor in FACTORS if factor.name not in audit.factors]
    items += [f"not varied: {', '.join(left)}"] if audit.factors and left else []
    items += [_text(note) for note in audit.notes]
    return _folded(f"{len(applied)} of {len(audit.factors)} circumstances were varied", _list(items)) if items else ""


def _not_compared(audit: Audit) -> Iterator[str]:
    results = [item for item in audit.not_compared if not item.what.startswith("variable ")]
    items = [f"{_text(item.what)} ({_text(item.reason)})" for item in results]
    if variables := len(audit.not_compared) - len(results):
        items.append(f"{variables} variables at steps, which only help to locate")
    if items:
        yield _folded(f"{len(audit.not_compared)} not compared", _list(items))


def _replay(audit: Audit) -> Iterator[str]:
    if audit.kind != "function" and audit.conditions and audit.findings:
        command = f"reprocheck replay {shlex.quote(last_path(audit))}"
        yield f'<p class="rc-dim">Again, under the same conditions: <code>{_text(command)}</code></p>'


def _folded(title: str, body: str) -> str:
    return f"<details><summary>{escape(title)}</summary>{body}</details>"


def _list(items: Iterable[str]) -> str:
    return f"<ul>{''.join(f'<li>{item}</li>' for item in items)}</ul>"


def _text(value: str) -> str:
    """The subject's own text, on one line and escaped."""
    return escape(one_line(value))
