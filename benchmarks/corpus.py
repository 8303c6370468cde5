"""Audits published examples: scikit-learn's scripts (folders from ``linear_model`` on) and statsmodels' notebooks.

They come from the two projects' source distributions, which are downloaded once into a cache. What cannot run offline
is left out, by what its code says. Each example is audited in a private folder that holds it and the files it names,
with a limit for each run.
"""

from __future__ import annotations

import argparse
import fnmatch
import importlib.metadata
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from benchmarks.offline import companions, obstacle
from pytest_reprocheck.auditing import audit
from pytest_reprocheck.config import Options
from pytest_reprocheck.core.codec import to_json
from pytest_reprocheck.core.findings import Audit
from pytest_reprocheck.core.subjects import Subject

CACHE = Path.home() / ".cache" / "pytest-reprocheck-corpus"


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


@dataclass(frozen=True, kw_only=True)
class Result:
    """An example and its audit, or why there was none."""

    example: Example
    left_out: str = ""
    audit: Audit | None = None

    @property
    def ran(self) -> bool:
        """Whether runs A and B came to a comparable end."""
        return self.audit is not None and self.audit.verdict not in ("failed", "blocked")


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


def examine(example: Example, options: Options) -> Result:
    """Audit an example in a folder of its own that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="corpus-") as folder:
        root = Path(folder)
        place = root / example.path
        place.parent.mkdir(parents=True, exist_ok=True)
        for file in (example.file, *companions(example.file)):
            shutil.copyfile(file, place.parent / file.name)
        subject = Subject(
            root=root,
            path=example.path,
            kind="notebook" if place.suffix == ".ipynb" else "script",
            cwd=place.parent.relative_to(root).as_posix(),
        )
        return Result(example=example, audit=audit(subject, options))


def chosen(examples: Sequence[Example], only: str, limit: int | None) -> tuple[list[Example], list[Result]]:
    """Split what matches into examples to audit, at most ``limit`` of a project, and those that cannot run offline."""
    audited: list[Example] = []
    left_out: list[Result] = []
    taken: Counter[str] = Counter()
    for example in examples:
        if not fnmatch.fnmatch(example.name, only) or (limit is not None and taken[example.project] >= limit):
            continue
        if reason := obstacle(example.file):
            left_out.append(Result(example=example, left_out=reason))
        else:
            taken[example.project] += 1
            audited.append(example)
    return audited, left_out


def lines_of(result: Result) -> Iterator[str]:
    """What is printed of one example."""
    if result.audit is None:
        yield f"{result.example.name}  left out  {result.left_out}"
        return
    audited = result.audit
    cost = f"{audited.runs} runs  {audited.seconds:.1f} s"
    yield f"{result.example.name}  {audited.verdict}  {cost}  {audited.reason}".rstrip()
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


def write_json(path: Path, results: Sequence[Result]) -> None:
    """All results with their audits, for looking at them one by one."""
    entries = [{"name": r.example.name, "left_out": r.left_out, "audit": to_json(r.audit)} for r in results]
    document = {"format": "reprocheck-corpus", "version": 1, "examples": entries}
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


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
    parser.add_argument(
        "--timeout", metavar="SECONDS", type=float, default=120.0, help="for one run (default %(default)s)"
    )
    parser.add_argument(
        "--jobs", type=int, choices=(1, 2), default=1, help="audits at a time (default 1; each has two runs)"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all audits here")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print every example and the totals; 0 whatever is found, for these are not our subjects."""
    options = parse(arguments)
    projects = [project for project in PROJECTS if options.project in (None, project.name)]
    with tempfile.TemporaryDirectory(prefix="corpus-") as folder:
        examples: list[Example] = []
        for project in projects:
            archive = archive_of(project, options.archive)
            print(f"{project.name}: {archive.name}")
            examples += unpack(project, archive, Path(folder))
        audited, left_out = chosen(examples, options.only, options.limit)
        results = list(left_out)
        for result in left_out:
            print(*lines_of(result), sep="\n")
        with ThreadPoolExecutor(max_workers=options.jobs) as pool:
            for result in pool.map(lambda example: examine(example, Options(timeout=options.timeout)), audited):
                print(*lines_of(result), sep="\n", flush=True)
                results.append(result)
    print()
    for project in projects:
        print(*totals(project.name, [r for r in results if r.example.project == project.name]), sep="\n")
    if options.json:
        write_json(options.json, results)
    return 0


if __name__ == "__main__":
    sys.exit(main())
