"""Locks, drift and advisories as text for people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from pytest_reprocheck.core.environments import AdvisoryCheck, Change, Drift, Locked, Package
from pytest_reprocheck.core.trace import NotCompared
from pytest_reprocheck.report.terminal import one_line
from pytest_reprocheck.report.wrapping import hanging

_SHOWN = 5
"""Packages that are named of those that no lock or no service says anything about."""


def render_drift(drift: Drift, *, everything: bool) -> str:
    """What the subjects import line by line, the rest folded unless everything is wanted; the machine last."""
    lines = [f"{one_line(drift.before)} -> {one_line(drift.after)}"]
    imported = [change for change in drift.changes if change.imported]
    others = [change for change in drift.changes if not change.imported]
    # Where nothing is known of imports, what was added is the least of it.
    told = others if everything else [] if imported else [each for each in others if each.kind != "added"]
    folded = [change for change in others if change not in told]
    if imported:
        lines += ["imported by subjects", *_table(imported)]
    if told:
        lines += [*(["other packages"] if imported else []), *_table(told)]
    lines += _folded(folded)
    if drift.host:
        lines.append("machine and interpreter")
        for moved in drift.host:
            text = f"{moved.name}: {one_line(moved.before or '(none)')} -> {one_line(moved.after or '(none)')}"
            lines += hanging(f"  {text}", 4)
    lines += _not_compared(drift.not_compared)
    count = len(drift.changes)
    lines.append(f"{count} {'package' if count == 1 else 'packages'} moved, {drift.same} the same")
    return "\n".join(lines)


def _table(changes: Sequence[Change]) -> Iterator[str]:
    width = max(len(each.kind) for each in changes)
    column = max(len(each.name) for each in changes)
    for each in changes:
        yield f"  {each.kind:<{width}}  {each.name:<{column}}  {_moved(each)}"


def _moved(change: Change) -> str:
    before, after = change.before, change.after
    if before is None or after is None:
        return (before or after or Package(name=change.name)).shown
    if change.kind == "changed":
        return f"{before.shown} -> {after.shown}"
    if change.kind == "origin":
        return one_line(f"{before.origin} -> {after.origin}")
    what = "other archives of" if change.kind == "hashes" else "other installed files of"
    return f"{what} {after.shown}"


def _folded(changes: Sequence[Change]) -> Iterator[str]:
    for kind in dict.fromkeys(each.kind for each in changes):
        names = [each.name for each in changes if each.kind == kind]
        yield from hanging(f"{kind}: {', '.join(names)} ({len(names)}; --all shows more)", 2)


def render_locked(locked: Locked) -> str:
    """What was written, and why there is no lock if there is none."""
    lines = [f"wrote {', '.join(locked.written)}: {len(locked.environment.packages)} packages"]
    if locked.problem:
        lines += hanging(f"no lock was made, the snapshot alone: {one_line(locked.problem)}", 2)
    if locked.outdated:
        lines.append(f"{locked.outdated} is of an earlier time and was left as it is")
    return "\n".join(lines)


def render_advisories(check: AdvisoryCheck) -> str:
    """Each advisory, what was not answered for, and a last line that says what was checked."""
    lines: list[str] = []
    for each in check.advisories:
        names = ", ".join((each.id, *each.aliases))
        fixed = f"fixed in {', '.join(each.fixed_in)}" if each.fixed_in else "no version without it"
        lines += hanging(f"{each.package} {each.version}  {one_line(names)}: {fixed}", 2)
        lines += hanging(f"  {one_line(each.summary)}", 2) if each.summary else []
    lines += _not_compared(check.skipped, "not checked")
    if check.problem:
        lines += hanging(f"advisories could not be checked: {one_line(check.problem)}", 2)
    else:
        found = len(check.advisories)
        told = "no advisory" if not found else "1 advisory" if found == 1 else f"{found} advisories"
        lines.append(f"{told}; packages checked: {check.checked}, not checked: {len(check.skipped)}")
    return "\n".join(lines)


def _not_compared(found: Sequence[NotCompared], title: str = "not compared") -> Iterator[str]:
    """Grouped by reason, the first few by name."""
    for reason, names in _by_reason(found):
        more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
        yield from hanging(f"{title}: {', '.join(names[:_SHOWN])}{more}: {one_line(reason)}", 2)


def _by_reason(found: Iterable[NotCompared]) -> Iterable[tuple[str, list[str]]]:
    groups: dict[str, list[str]] = {}
    for each in found:
        groups.setdefault(each.reason, []).append(one_line(each.what))
    return groups.items()
