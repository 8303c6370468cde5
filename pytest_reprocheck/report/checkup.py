"""What a machine allows and what subjects need, as text for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pytest_reprocheck.core.checkup import Capability, Outlook
from pytest_reprocheck.report.terminal import one_line
from pytest_reprocheck.report.wrapping import hanging


def render_capabilities(found: Sequence[Capability]) -> str:
    """One line for each: ``yes`` or ``no``, and what it means."""
    column = max(len(each.name) for each in found)
    lines = []
    for each in found:
        mark = "yes" if each.available else "no"
        lines += hanging(f"{each.name:<{column}}  {mark:<3}  {one_line(each.note)}".rstrip(), column + 7)
    return "\n".join(lines)


def render_outlooks(found: Sequence[Outlook]) -> str:
    """One block for each subject: how long it takes, whether it can run here, and what unblocks it."""
    column = max(len(one_line(each.name)) for each in found)
    return "\n".join(line for each in found for line in _outlook(each, column))


def _outlook(outlook: Outlook, column: int) -> Iterator[str]:
    state = "unreadable" if outlook.problem else "would be blocked" if outlook.lacks else "ready"
    cost = "not audited yet" if outlook.estimate is None else f"last audit {outlook.estimate:.3g} s"
    yield f"{one_line(outlook.name):<{column}}  {state:<16}  {cost}"
    if outlook.problem:
        yield from hanging(f"  {one_line(outlook.problem)}", 4)
    for lack in outlook.lacks:
        need = lack.need
        yield from hanging(f"  {need.place}: {need.kind} {one_line(need.name)} is missing; {one_line(lack.advice)}", 4)
    if outlook.hosts:
        yield from hanging(f"  names other machines: {', '.join(map(one_line, outlook.hosts))}", 4)
