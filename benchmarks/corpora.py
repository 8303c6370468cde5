"""Judges the results of ``benchmarks.corpus`` by the file of judgements and writes docs/corpora.md and docs/gallery.md.

Run as ``python -m benchmarks.corpora`` from the repository's root. It prints which findings nobody has judged and which
ones that were judged right have gone, and exits with 1 when there is either, or one that was judged wrong.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.corpora_page import corpora_page
from benchmarks.corpus import PROJECTS, RESULTS, archive_of, unpack
from benchmarks.gallery import gallery_page
from benchmarks.judgements import Judgements, gone, judged, place_of, read_judgements, untold
from benchmarks.missed import Compared, load_compared
from benchmarks.results import Result, load_all

DOCS = Path(__file__).resolve().parents[1] / "docs"


def complaints(results: Sequence[Result], judgements: Judgements, compared: Sequence[Compared] = ()) -> Iterator[str]:
    """What has to be looked at: findings without a judgement, wrong ones, right ones that have gone, untold changes."""
    for item in judged(results, judgements):
        told = f"{item.result.name}  {item.finding.cause}  {place_of(item.result, item.finding)}"
        if item.judgement is None:
            yield f"not judged: {told}"
        elif not item.judgement.right:
            yield f"wrong: {told}: {item.judgement.why}"
    yield from (f"gone: {'  '.join(judgement.key)}" for judgement in gone(results, judgements))
    explained = {item.example for item in judgements.unfound if not item.missed}
    for each in untold([result for result in results if result.level == "default"], compared):
        if each.name not in explained:
            yield f"no finding: {each.name}  {', '.join(each.differs)}"


def all_names() -> list[str]:
    """Every example of the corpora, whether it has a result or not."""
    with tempfile.TemporaryDirectory(prefix="corpus-") as folder:
        return [item.name for project in PROJECTS for item in unpack(project, archive_of(project, []), Path(folder))]


def main(arguments: Sequence[str] | None = None) -> int:
    """Print what has to be looked at and write the pages."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "--results", type=Path, metavar="FOLDER", default=RESULTS, help="where results lie (default %(default)s)"
    )
    asked = parser.parse_args(arguments)
    judgements = read_judgements()
    default, hardware = (load_all(asked.results, level) for level in ("default", "hardware"))
    compared = load_compared(asked.results)
    told = list(complaints([*default, *hardware], judgements, compared))
    print(*told, sep="\n")
    known = {result.name for result in default}
    not_run = [name for name in all_names() if name not in known]
    page = corpora_page(default, hardware, judgements, not_run=not_run, compared=compared)
    (DOCS / "corpora.md").write_text(page, encoding="utf-8")
    (DOCS / "gallery.md").write_text(gallery_page(default, hardware, judgements), encoding="utf-8")
    return 1 if told else 0


if __name__ == "__main__":
    sys.exit(main())
