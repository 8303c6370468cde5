"""An audit inside of an executed notebook: in its metadata, and as a cell for people."""

from __future__ import annotations

import json
from collections.abc import Mapping

from pytest_reprocheck.core.errors import DecodeError
from pytest_reprocheck.core.findings import Audit, Effect, Finding
from pytest_reprocheck.core.subjects import Json
from pytest_reprocheck.report.machine import Report, host, load_report, report_to_json
from pytest_reprocheck.report.terminal import is_told, one_line, render_headline

_ALONE = 2
"""Runs of an audit that explains nothing: the notebook's own and another one."""
_SHOWN = 4
"""Effects that are told for each finding."""
_UNCONFIRMED = (
    "Nothing here is confirmed: A is this run, B another one, made before it. With `REPROCHECK_EXPLAIN=1` further runs "
    "tell the causes apart."
)


def audit_metadata(audit: Audit, *, tool_version: str) -> Mapping[str, Json]:
    """The whole report (``docs/report-format.md``), for the notebook's metadata."""
    report: dict[str, Json] = json.loads(report_to_json([audit], host(), tool_version=tool_version))
    return report


def report_in(text: str) -> Report:
    """The report in an executed notebook's text; raises DecodeError, located, where there is none."""
    try:
        metadata = json.loads(text)["metadata"]["reprocheck"]
    except (KeyError, TypeError, ValueError) as error:
        hint = "papermill --engine reprocheck writes one"
        raise DecodeError("is no notebook with a report", where="$.metadata.reprocheck", hint=hint) from error
    if isinstance(metadata, dict) and set(metadata) == {"note"}:
        raise DecodeError(str(metadata["note"]), where="$.metadata.reprocheck")
    return load_report(json.dumps(metadata))


def findings_text(audit: Audit) -> str:
    """The findings as Markdown: what differs, where it may begin, and what else there is to know."""
    lines = [f"**reprocheck: {_escaped(render_headline(audit).removeprefix(audit.name + ': '))}**", ""]
    if audit.reason and audit.reason not in [finding.message for finding in audit.findings]:
        lines += [_escaped(one_line(audit.reason)), ""]
    for finding in audit.findings:
        lines += _finding(finding, audit.path) if finding.severity != "info" else ()
    if audit.findings and audit.runs == _ALONE and not any(finding.confirmed for finding in audit.findings):
        lines += ["", _UNCONFIRMED]
    applied = [name for name, factor in audit.factors.items() if factor.status == "applied"]
    if audit.passed and not is_told(audit):
        lines += [f"Run again with other values of {', '.join(applied) or 'nothing'}, it gave the same."]
    results = [each for each in audit.not_compared if not each.what.startswith("variable ")]
    lines += [f"- not compared: {_escaped(one_line(f'{each.what} ({each.reason})'))}" for each in results]
    return "\n".join(lines).rstrip() + "\n"


def _finding(finding: Finding, subject: str) -> list[str]:
    place = finding.location
    where = _within(str(place), subject)
    shown = f" `{finding.source}`" if finding.source and "`" not in finding.source else ""
    lines = [f"- **{finding.cause}** at {_escaped(where)}:{shown}  ", f"  {_escaped(finding.message)}  "]
    lines += [f"  reaches {_effect(effect, subject)}  " for effect in finding.effects[:_SHOWN]]
    if len(finding.effects) > _SHOWN:
        lines.append(f"  and {len(finding.effects) - _SHOWN} more  ")
    if finding.remedy:
        lines.append(f"  remedy: {_code(finding.remedy.splitlines()[0])}")
    return lines


def _within(place: str, subject: str) -> str:
    """A place as it is told in the notebook itself."""
    inner = place.removeprefix(subject)
    return inner.lstrip(": ") if inner.startswith((" ", ":")) else place


def _effect(effect: Effect, subject: str) -> str:
    what = one_line(f"{_within(effect.place, subject)} {effect.what}")
    return f"{_escaped(what)}: A {_code(effect.a)} B {_code(effect.b)}"


def _code(text: str) -> str:
    shown = one_line(text).replace("`", "'")
    return f"`{shown}`" if shown else "(nothing)"


def _escaped(text: str) -> str:
    """Without anything that Markdown or HTML would take for its own."""
    for sign in "\\`*_[]<>|#":
        text = text.replace(sign, f"\\{sign}")
    return text
