"""docs/corpora.md: what audits of published examples found, and what was judged of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from statistics import mean

from benchmarks.judgements import HARDWARE, Judged, Judgements, judged, place_of, untold
from benchmarks.missed import Compared
from benchmarks.results import Level, Result

PROJECTS = ("scikit-learn", "statsmodels")
COMMANDS: Mapping[Level, str] = {
    "default": "python -m benchmarks.corpus",
    "hardware": "python -m benchmarks.corpus --vary hardware",
}
PACKAGES = ("numpy", "scipy", "pandas", "scikit-learn", "statsmodels", "matplotlib")

_HEAD = """# Corpora

What audits of code say that was not written for this project: the example scripts of scikit-learn (folders from
`linear_model` on) and the example notebooks of statsmodels, as their source distributions have them. This page is
made by `python -m benchmarks.corpora` from the results of `python -m benchmarks.corpus` and from the judgements in
`benchmarks/corpora_judged.toml`; change those, not this page.

Nothing in these examples marks what is right. Each finding was judged by hand: the code was read for what the finding
says, and where reading did not settle it, the circumstance was varied without this tool. *Right* means that cause,
line, effects and severity are what they should be. Examples show one way of writing, that of two projects; they are
no sample of all code."""

_UNFOUND = """What was missed is looked for by `python -m benchmarks.missed`, which knows nothing of causes: {compared}
of the examples ({scripts} scripts, {notebooks} notebooks; the others take too long) were run {runs} times in plain
Python with different hash seeds, and what they printed, their variables at the end and their open figures were compared
as they are. {differ} of them differ there; the audits have a finding in {told} of these."""

_MENDED = """What audits of these examples got wrong at first, and do not any more. Only what a mending touches was
audited again after it."""


def corpora_page(
    default: Sequence[Result],
    hardware: Sequence[Result],
    judgements: Judgements,
    *,
    not_run: Sequence[str] = (),
    compared: Sequence[Compared] = (),
) -> str:
    """The whole page.

    Args:
        default: results with the default factors.
        hardware: results with all factors.
        judgements: what was judged of their findings.
        not_run: names of examples that have no result yet.
        compared: plain runs of the examples.
    """
    parts = [_HEAD, *_level("default", default, judgements)]
    if shown := [each for each in compared if not each.failed]:
        parts += ["### What plain runs show", *_plain(default, shown, judgements)]
    if judgements.mended:
        rows = [(f"`{item.example}`", item.what) for item in judgements.mended]
        parts += ["### Mended on the way", _MENDED, _table(("example", "what was wrong"), rows)]
    parts += ["### Left out", _left_out(default)]
    if not_run:
        told = ", ".join(f"`{name}`" for name in not_run)
        parts += ["### Not run yet", f"{len(not_run)} examples, for want of time: {told}."]
    if hardware:
        parts += [*_level("hardware", hardware, judgements)]
    return "\n\n".join(parts) + "\n"


def _level(level: Level, results: Sequence[Result], judgements: Judgements) -> Iterator[str]:
    """The sections of one level of factors."""
    found = judged(results, judgements)
    yield f"## {'Default factors' if level == 'default' else 'With the hardware varied too'}"
    yield f"`{COMMANDS[level]}`, {_when(results)}; {_versions(results)}."
    columns = (*PROJECTS, "all")
    chosen = {name: [result for result in results if name in ("all", result.project)] for name in columns}
    figures = {name: _figures(chosen[name], found) for name in columns}
    yield _table(("", *columns), [(label, *(figures[name][label] for name in columns)) for label in figures["all"]])
    yield "### Findings"
    if level == "hardware":
        yield (
            "Threads and instructions of the linear algebra move the last digits of sums, and iterations, ties and "
            "optima make more of them. These findings are no faults of the examples; they say which of their figures "
            "another machine need not show. Below are those that the default factors do not show, in the part of the "
            "corpora that was audited so."
        )
        found = [item for item in found if item.finding.cause in HARDWARE]
    yield _table(("example", "finding", "line", "judged"), [_row(item) for item in found]) if found else "None."
    if level == "hardware":
        yield f"Audited: {', '.join(f'`{result.name}`' for result in results)}."
    if failed := [result for result in results if result.audit is not None and not result.ran]:
        rows = [(f"`{result.name}`", result.audit.verdict, result.audit.reason) for result in failed if result.audit]
        yield "### Did not run"
        yield _table(("example", "verdict", "reason"), rows)


def _plain(default: Sequence[Result], shown: Sequence[Compared], judgements: Judgements) -> Iterator[str]:
    """What was compared without the plugin, and where no finding tells of what differs there."""
    without = untold(default, shown)
    differ = sum(bool(each.differs) for each in shown)
    yield _UNFOUND.format(
        compared=len(shown),
        scripts=sum(each.name.endswith(".py") for each in shown),
        notebooks=sum(each.name.endswith(".ipynb") for each in shown),
        runs=max(each.runs for each in shown),
        differ=differ,
        told=differ - len(without),
    )
    why = {item.example: f"{'**missed**' if item.missed else 'no result'}: {item.why}" for item in judgements.unfound}
    rows = [
        (f"`{each.name}`", ", ".join(f"`{name}`" for name in each.differs), why.get(each.name, "not judged"))
        for each in without
    ]
    yield _table(("example", "differs in plain runs", "without a finding, for"), rows) if rows else "None is untold."


def _figures(results: Sequence[Result], found: Sequence[Judged]) -> dict[str, str]:
    """The figures of one project, by their labels."""
    audits = [result.audit for result in results if result.audit is not None and result.ran]
    names = {result.name for result in results}
    own = [item for item in found if item.result.name in names]
    right, wrong = (
        sum(item.judgement is not None and item.judgement.right is so for item in own) for so in (True, False)
    )
    verdicts = Counter(audit.verdict for audit in audits)
    return {
        "examples": str(len(results)),
        "cannot run offline": str(sum(bool(result.left_out) for result in results)),
        "ran": str(len(audits)),
        "reproducible": str(verdicts["reproducible"]),
        "nondeterministic": str(verdicts["nondeterministic"]),
        "fragile": str(verdicts["fragile"]),
        "inconclusive": str(verdicts["inconclusive"]),
        "findings that fail": str(sum(item.finding.severity == "error" for item in own)),
        "warnings": str(sum(item.finding.severity == "warning" for item in own)),
        "judged right": str(right),
        "judged wrong": str(wrong),
        "precision": f"{right / (right + wrong):.2f}" if right + wrong else "-",
        "runs for an example": f"{mean(audit.runs for audit in audits):.1f}" if audits else "-",
        "trials of remedies": str(sum(audit.trials for audit in audits)),
        "minutes of processor time": f"{sum(result.cpu for result in results) / 60:.0f}",
    }


def _row(item: Judged) -> tuple[str, ...]:
    finding = item.finding
    marks: list[str] = [finding.severity] if finding.severity != "error" else []
    marks += ["not confirmed"] if not finding.confirmed else []
    told = item.judgement
    said = "not judged" if told is None else f"{'right' if told.right else '**wrong**'}: {told.why}"
    return (
        f"`{item.result.path}`",
        f"`{finding.cause}`" + (f" ({', '.join(marks)})" if marks else ""),
        place_of(item.result, finding) + (f": `{finding.source}`" if finding.source else ""),
        said,
    )


def _left_out(results: Sequence[Result]) -> str:
    """Why examples were left out, the reasons with their counts."""
    reasons = Counter((result.project, result.left_out) for result in results if result.left_out)
    rows = [(project, f"`{reason}`", str(count)) for (project, reason), count in sorted(reasons.items())]
    return "By what their code says; a script that asks a server for data cannot run offline.\n\n" + _table(
        ("project", "reason", "examples"), rows
    )


def _when(results: Sequence[Result]) -> str:
    days = sorted({result.date for result in results if result.date})
    return " to ".join(dict.fromkeys((days[0], days[-1]))) if days else "not run"


def _versions(results: Sequence[Result]) -> str:
    """Python, platform and the packages that the examples imported."""
    environments = [result.audit.environment for result in results if result.audit is not None and result.ran]
    versions: dict[str, str] = {}
    for environment in environments:
        packages = environment.get("packages")
        for name in PACKAGES:
            if isinstance(packages, Mapping) and name in packages:
                versions[name] = str(packages[name])
    python = next((str(environment["python"]) for environment in environments if "python" in environment), "")
    return ", ".join([f"Python {python}", *(f"{name} {versions[name]}" for name in PACKAGES if name in versions)])


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [
        head,
        ["---"] * len(head),
        *([cell.replace("|", "\\|").replace("\n", " ") for cell in row] for row in rows),
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
