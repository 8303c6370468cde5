"""docs/gallery.md: findings in published examples, with their code, what the audit says, the cause and the remedy."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks.corpus import PROJECTS, archive_of, unpack
from benchmarks.judgements import Judged, Judgements, judged
from benchmarks.results import Result
from pytest_reprocheck.report.terminal import render_failure

_WIDTH = 110
_HEAD = """# Gallery

{count} findings of the [corpora](corpora.md): code that was written, reviewed and published by others, what an audit
says of it, why it is so, and what to write instead. Excerpts are from the examples of scikit-learn and statsmodels
(both under the BSD licence with three clauses, by their developers); `...` stands for lines that were left out. That
an example draws anew each time may well be what its authors want: it teaches a method and is no pipeline. The same
line in a pipeline is a number that nobody gets again.

This page is made by `python -m benchmarks.corpora`: the outputs are those of the audits."""


def gallery_page(default: Sequence[Result], hardware: Sequence[Result], judgements: Judgements) -> str:
    """The whole page, in the order of the file of judgements."""
    known = {
        item.judgement.key: item
        for item in (*judged(hardware, judgements), *judged(default, judgements))
        if item.judgement is not None and item.judgement.right
    }
    shown = [entry for entry in judgements.gallery if (entry.example, entry.cause, entry.place) in known]
    sources = _sources({entry.example for entry in shown})
    parts = [_HEAD.format(count=len(shown))]
    for number, entry in enumerate(shown, start=1):
        item = known[entry.example, entry.cause, entry.place]
        parts += [f"## {number}. {entry.title}", f"`{entry.example}`: [{entry.cause}](causes/{entry.cause}.md)"]
        parts += [_block("py", _excerpt(sources[entry.example], item, entry.lines)), _block("text", _said(item))]
        parts += [f"**Cause.** {entry.why}", f"**Remedy.** {entry.remedy}"]
    return "\n\n".join(parts) + "\n"


def _said(item: Judged) -> str:
    """What the audit prints of the finding."""
    assert item.result.audit is not None
    alone = replace(item.result.audit, reason="", detail="", findings=(item.finding,), not_compared=(), remarks=())
    return render_failure(alone, width=_WIDTH).partition("\n  replay  ")[0]


def _excerpt(cells: Mapping[int | None, list[str]], item: Judged, spans: Sequence[str]) -> str:
    """Lines of the example: ``12``, ``12-15``, in a notebook ``3:12-15`` with the cell."""
    parts = []
    for span in spans:
        read = re.fullmatch(r"(?:(\d+):)?(\d+)(?:-(\d+))?", span)
        if read is None:
            raise ValueError(f"{item.result.name}: {span!r} is no span of lines")
        cell, first, last = read.groups()
        lines = cells[None if cell is None else int(cell)]
        parts.append("\n".join(lines[int(first) - 1 : int(last or first)]))
    return "\n...\n".join(parts)


def _sources(names: set[str]) -> dict[str, Mapping[int | None, list[str]]]:
    """The lines of the named examples, by cell; a script has one, None."""
    with tempfile.TemporaryDirectory(prefix="corpus-") as folder:
        needed = [project for project in PROJECTS if any(name.startswith(f"{project.name}/") for name in names)]
        examples = [example for project in needed for example in unpack(project, archive_of(project, []), Path(folder))]
        return {example.name: dict(_cells(example.file)) for example in examples if example.name in names}


def _cells(file: Path) -> Iterator[tuple[int | None, list[str]]]:
    text = file.read_text(encoding="utf-8")
    if file.suffix != ".ipynb":
        yield None, text.splitlines()
        return
    for index, cell in enumerate(json.loads(text)["cells"]):
        yield index, "".join(cell["source"]).splitlines()


def _block(language: str, text: str) -> str:
    return f"```{language}\n{text.rstrip()}\n```"
