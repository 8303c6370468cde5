"""Audits published examples: scikit-learn's scripts (folders from ``linear_model`` on) and statsmodels' notebooks.

They come from the two projects' source distributions, which are downloaded once into a cache. What cannot run offline
is left out, by what its code says. Each example is audited in a private folder that holds it and the files it names,
one after the other, with a limit for each run. Each result is written when it is known, and a call that was broken off
goes on from there. ``python -m benchmarks.corpora`` judges the results and writes the pages about them.
"""

from __future__ import annotations

import argparse
import fnmatch
import importlib.metadata
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psutil

from benchmarks.offline import companions, obstacle
from benchmarks.results import Level, Result, file_of, load, store
from pytest_reprocheck.auditing import audit
from pytest_reprocheck.config import Options
from pytest_reprocheck.core.conditions import DEFAULT_FACTORS, FACTORS
from pytest_reprocheck.core.subjects import Subject, SubjectKind
from pytest_reprocheck.starting import FRESH, Engine, forking

CACHE = Path.home() / ".cache" / "pytest-reprocheck-corpus"
RESULTS = CACHE / "results"


@dataclass(frozen=True, kw_only=True)
class Project:
    """Where a project's examples lie in its source distribution."""

    name: str
    archive: str
    """Beginning of the archive's file name."""
    folder: str
    """Folder below the archive's top folder."""
    pattern: str
    first: str = ""
    """First path below ``folder`` that belongs to the corpus."""


PROJECTS = (
    Project(name="scikit-learn", archive="scikit_learn-", folder="examples", pattern="*/*.py", first="linear_model"),
    Project(name="statsmodels", archive="statsmodels-", folder="examples/notebooks", pattern="*.ipynb"),
)


@dataclass(frozen=True, kw_only=True)
class Example:
    """One file of the corpus."""

    project: str
    path: str
    """POSIX path below the project's folder of examples."""
    file: Path

    @property
    def name(self) -> str:
        """What ``--only`` matches."""
        return f"{self.project}/{self.path}"


def archive_of(project: Project, given: Sequence[Path]) -> Path:
    """The project's source distribution: one of the given files, or the installed version's (cached, or downloaded)."""
    for file in given:
        if file.name.startswith(project.archive):
            return file
    try:
        version = importlib.metadata.version(project.name)
    except importlib.metadata.PackageNotFoundError:
        raise SystemExit(
            f"{project.name} is not installed, so its examples cannot run; pip install {project.name}"
        ) from None
    file = CACHE / f"{project.archive}{version}.tar.gz"
    if not file.exists():
        command = [sys.executable, "-m", "pip", "download", "--no-deps", "--no-binary", project.name]
        subprocess.run([*command, "--dest", str(CACHE), f"{project.name}=={version}"], check=True)
    return file


def unpack(project: Project, archive: Path, target: Path) -> list[Example]:
    """Extract the project's examples below ``target`` and list those that belong to the corpus, by path."""
    with tarfile.open(archive) as tar:
        wanted = [member for member in tar if f"{member.name.partition('/')[2]}/".startswith(f"{project.folder}/")]
        if not wanted:
            raise SystemExit(f"{archive}: no folder {project.folder} in this archive")
        tar.extractall(target / project.name, members=wanted, filter="data")
        folder = target / project.name / wanted[0].name.partition("/")[0] / project.folder
    files = ((file.relative_to(folder).as_posix(), file) for file in folder.glob(project.pattern))
    return [
        Example(project=project.name, path=path, file=file) for path, file in sorted(files) if path >= project.first
    ]


def subject_in(root: Path, example: Example) -> Subject:
    """Copy an example and the files it names below ``root``; it runs in its own folder."""
    place = root / example.path
    place.parent.mkdir(parents=True, exist_ok=True)
    for file in (example.file, *companions(example.file)):
        shutil.copyfile(file, place.parent / file.name)
    kind: SubjectKind = "notebook" if place.suffix == ".ipynb" else "script"
    return Subject(root=root, path=example.path, kind=kind, cwd=place.parent.relative_to(root).as_posix())


def examine(example: Example, level: Level, options: Options, engine: Engine) -> Result:
    """Audit an example in a folder of its own that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="corpus-") as folder:
        before = _seconds_of_processor()
        audited = audit(subject_in(Path(folder), example), options, engine=engine)
        spent = _seconds_of_processor() - before
    today = datetime.now(UTC).date().isoformat()
    return Result(name=example.name, level=level, date=today, cpu=spent, audit=audited)


def _seconds_of_processor() -> float:
    """What this process and all below it have used so far, those that have ended with them."""
    own = psutil.Process()
    return sum(sum(process.cpu_times()[:4]) for process in (own, *own.children(recursive=True)))


def examine_all(
    examples: Sequence[Example], level: Level, options: Options, folder: Path, *, fresh: bool
) -> Iterator[Result]:
    """Audit one example after the other and keep each result below ``folder``."""
    with tempfile.TemporaryDirectory(prefix="corpus-") as scratch:
        subjects = [subject_in(Path(scratch) / str(number), example) for number, example in enumerate(examples)]
        with nullcontext(FRESH) if fresh else forking(subjects) as engine:
            for example in examples:
                result = examine(example, level, options, engine)
                store(folder, result)
                yield result


def chosen(
    examples: Sequence[Example], only: str, limit: int | None, level: Level = "default"
) -> tuple[list[Example], list[Result]]:
    """Split what matches into examples to audit, at most ``limit`` of a project, and those that cannot run offline."""
    audited: list[Example] = []
    left_out: list[Result] = []
    taken: Counter[str] = Counter()
    for example in examples:
        if not fnmatch.fnmatch(example.name, only) or (limit is not None and taken[example.project] >= limit):
            continue
        if reason := obstacle(example.file):
            left_out.append(Result(name=example.name, level=level, left_out=reason))
        else:
            taken[example.project] += 1
            audited.append(example)
    return audited, left_out


def lines_of(result: Result) -> Iterator[str]:
    """What is printed of one example."""
    if result.audit is None:
        yield f"{result.name}  left out  {result.left_out}"
        return
    audited = result.audit
    cost = f"{audited.runs} runs  {audited.seconds:.1f} s  {result.cpu:.1f} s of processor time"
    yield f"{result.name}  {audited.verdict}  {cost}  {audited.reason}".rstrip()
    for finding in audited.findings:
        sure = "" if finding.confirmed else ", not confirmed"
        yield f"    {finding.severity}  {finding.cause}  {finding.location}  {finding.source}{sure}"
        for effect in finding.effects[:3]:
            yield f"        {effect.aspect}: {effect.what} at {effect.place}: {effect.a} | {effect.b}"
        if len(finding.effects) > 3:
            yield f"        and {len(finding.effects) - 3} more"


def totals(project: str, results: Sequence[Result]) -> Iterator[str]:
    """The figures of one project."""
    audits = [result.audit for result in results if result.audit is not None]
    verdicts = Counter(audit.verdict for audit in audits)
    causes = Counter(finding.cause for audit in audits for finding in audit.findings if finding.severity == "error")
    runs = sum(audit.runs for audit in audits)
    yield f"{project}: {len(audits)} audited, {sum(result.ran for result in results)} ran, {runs} runs"
    yield "    verdicts  " + (", ".join(f"{name} {count}" for name, count in sorted(verdicts.items())) or "none")
    yield "    causes    " + (", ".join(f"{name} {count}" for name, count in sorted(causes.items())) or "none")


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    names = [project.name for project in PROJECTS]
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--project", choices=names, help="audit the examples of one project alone")
    parser.add_argument(
        "--archive", type=Path, action="append", default=[], metavar="FILE", help="a source distribution"
    )
    parser.add_argument("--only", metavar="GLOB", default="*", help="examples to audit, as PROJECT/FOLDER/FILE")
    parser.add_argument("--limit", metavar="N", type=int, help="audit at most N examples of each project")
    parser.add_argument("--vary", choices=("default", "hardware"), default="default", help="factors to vary")
    parser.add_argument(
        "--timeout", metavar="SECONDS", type=float, default=120.0, help="for one run (default %(default)s)"
    )
    parser.add_argument(
        "--results", type=Path, metavar="FOLDER", default=RESULTS, help="where results lie (default %(default)s)"
    )
    parser.add_argument("--fresh", action="store_true", help="start every run anew instead of forking it")
    parser.add_argument("--again", action="store_true", help="audit also what has a result")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print every example and the totals; 0 whatever is found, for these are not our subjects."""
    asked = parse(arguments)
    level: Level = asked.vary
    factors = DEFAULT_FACTORS if level == "default" else tuple(factor.name for factor in FACTORS)
    projects = [project for project in PROJECTS if asked.project in (None, project.name)]
    with tempfile.TemporaryDirectory(prefix="corpus-") as folder:
        examples: list[Example] = []
        for project in projects:
            archive = archive_of(project, asked.archive)
            print(f"{project.name}: {archive.name}")
            examples += unpack(project, archive, Path(folder))
        audited, results = chosen(examples, asked.only, asked.limit, level)
        for result in results:
            store(asked.results, result)
            print(*lines_of(result), sep="\n")
        known = [] if asked.again else [e for e in audited if file_of(asked.results, level, e.name).exists()]
        results += [load(file_of(asked.results, level, example.name)) for example in known]
        rest = [example for example in audited if example not in known]
        options = Options(vary=factors, timeout=asked.timeout)
        for result in examine_all(rest, level, options, asked.results, fresh=asked.fresh):
            print(*lines_of(result), sep="\n", flush=True)
            results.append(result)
    print()
    for project in projects:
        print(*totals(project.name, [r for r in results if r.project == project.name]), sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
