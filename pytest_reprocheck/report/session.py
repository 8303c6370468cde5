"""A live session as HTML and as text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from pytest_reprocheck.core.executions import Look, Part, Told
from pytest_reprocheck.report.html import framed
from pytest_reprocheck.report.terminal import one_line, render_error


def render_look(look: Look, part: Part | None) -> str:
    """What was seen, or one part of it, for a notebook."""
    sections = "".join(_section(title, told, nothing) for title, told, nothing in _sections(look, part))
    notes = "".join(f'<p class="rc-dim">{escape(note)}</p>' for note in _notes(look, part))
    return framed(f"{_head(look, part)}{sections}{notes}", label="This session")


def render_look_text(look: Look, part: Part | None) -> str:
    """The same as plain text."""
    lines = [_headline(look, part)]
    for title, told, nothing in _sections(look, part):
        lines.append(f"{title}: {'' if told else nothing}".rstrip())
        lines += [render_error(f"  {each.where}  {each.what}") for each in told]
    return "\n".join([*lines, *(render_error(note) for note in _notes(look, part))])


def _head(look: Look, part: Part | None) -> str:
    mark, sign = ("warn", "!") if _count(look, part) else ("good", "✓")
    return (
        f'<div class="rc-head rc-{mark}"><h3><span aria-hidden="true">{sign}</span> '
        f"{escape(_headline(look, part))}</h3><p>Looked at as it is now; nothing was run.</p></div>"
    )


def _headline(look: Look, part: Part | None) -> str:
    count = _count(look, part)
    told = "nothing to remark" if not count else "1 remark" if count == 1 else f"{count} remarks"
    return f"This session{f', {part}' if part else ''}: {told}"


def _count(look: Look, part: Part | None) -> int:
    changed = [each for each in look.data if each.what.endswith("which names it")]
    parts = {"seeds": look.seeds, "env": look.env, "data": changed}
    chosen = [parts[part]] if part else [look.order, look.names, *parts.values()]
    return sum(map(len, chosen))


def _sections(look: Look, part: Part | None) -> Iterator[tuple[str, Sequence[Told], str]]:
    if part is None:
        asked = "" if look.notebook else "; the notebook's file is not known"
        yield "Cells that ran out of order", look.order, f"none{asked}"
        yield "Names from deleted or edited cells", look.names, f"none{asked}"
    if part in (None, "seeds"):
        yield "Unseeded draws so far, from generators that nobody had seeded", look.seeds, "none"
    if part in (None, "env"):
        title = f"Imported packages that differ from {look.lock}" if look.locked else "Packages"
        yield title, look.env, "none" if look.locked else f"not compared: {look.lock}"
    if part in (None, "data"):
        yield "Files that the code names", look.data, "none"


def _notes(look: Look, part: Part | None) -> Iterator[str]:
    if part in (None, "seeds"):
        if look.seeded:
            yield f"Seeded by you: {', '.join(look.seeded)}."
        if look.unwatched:
            cells = "1 cell" if look.unwatched == 1 else f"{look.unwatched} cells"
            yield f"{cells} ran before the extension was loaded: draws there are known from the code alone."


def _section(title: str, told: Sequence[Told], nothing: str) -> str:
    if not told:
        return f"<p><strong>{escape(title)}</strong>: {escape(one_line(nothing))}</p>"
    rows = "".join(
        f"<tr><td><code>{escape(one_line(each.where))}</code></td><td>{escape(one_line(each.what))}</td></tr>"
        for each in told
    )
    return f'<p><strong>{escape(title)}</strong></p><div class="rc-wide"><table><tbody>{rows}</tbody></table></div>'
