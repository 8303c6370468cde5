"""Makes the pages of docs/causes from the catalogue, and the reports in them by auditing the examples.

Run as ``python -m benchmarks.pages`` to write the pages alone, with ``--audit`` to make the reports anew first.
"""

from __future__ import annotations

import argparse
import io
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout
from pathlib import Path

from pytest_reprocheck.cli import main as reprocheck
from pytest_reprocheck.core.causes import CAUSES, Cause
from pytest_reprocheck.report.terminal import audit_command

ROOT = Path(__file__).resolve().parents[1]
PAGES = ROOT / "docs" / "causes"
REPORTS = ROOT / "pytest_reprocheck" / "core" / "examples"


def page(cause: Cause) -> str:
    """A cause's page in Markdown."""
    example = f"```py\n{cause.example.rstrip()}\n```"
    for name, text in cause.files.items():
        example += f"\n\nwith `{name}`:\n\n```text\n{text.rstrip()}\n```"
    for name, text in cause.before.items():
        example += f"\n\nwhose `{name}` was, when its record was written:\n\n```text\n{text.rstrip()}\n```"
    if report := cause.report:
        example += f"\n\n```text\n$ {audit_command(cause)}\n{report.rstrip()}\n```"
    else:
        example += "\n\nNo report is shown: what it would say depends on the machine and the day."
    sections = [
        f"# {cause.slug}",
        f"{cause.title}.",
        f"## What\n\n{cause.what}",
        f"## Why it matters\n\n{cause.why}",
        f"## Example\n\n{example}",
        f"## Remedy\n\n```py\n{cause.remedy.rstrip()}\n```",
        f"## Known limits\n\n{cause.limits}",
    ]
    return "\n\n".join(sections) + "\n"


def index(causes: Sequence[Cause]) -> str:
    """The list of all pages."""
    rows = "\n".join(f"| [{cause.slug}]({cause.slug}.md) | {cause.title} |" for cause in causes)
    head = "# Causes\n\nWhat a finding can name, as `reprocheck explain CAUSE` prints it too."
    return f"{head}\n\n| page | what it is about |\n|---|---|\n{rows}\n"


def pages() -> dict[str, str]:
    """File name -> text, for all of docs/causes."""
    return {"README.md": index(CAUSES), **{f"{cause.slug}.md": page(cause) for cause in CAUSES}}


def audited(cause: Cause, folder: Path) -> str:
    """What the command prints about the cause's example, less what only this machine and moment say."""
    now = {"example.py": cause.example, "pytest.ini": "", **cause.files}
    if cause.before:
        _write(folder, {**now, **cause.before})
        with redirect_stdout(io.StringIO()):
            reprocheck(["audit", str(folder / "example.py"), "--update"])
    _write(folder, now)
    printed = io.StringIO()
    with redirect_stdout(printed):
        reprocheck(["audit", str(folder / "example.py"), *([f"--vary={cause.vary}"] if cause.vary else [])])
    # Then comes the summary, with the time that it took.
    return printed.getvalue().partition("  replay  ")[0].rstrip() + "\n"


def _write(folder: Path, texts: Mapping[str, str]) -> None:
    for name, text in texts.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the pages."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pages", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--audit", action="store_true", help="audit the examples and keep what is printed")
    parser.add_argument("--only", metavar="CAUSE", action="append", help="audit the example of this cause alone")
    chosen = parser.parse_args(arguments)
    for cause in CAUSES if chosen.audit else ():
        if chosen.only is None or cause.slug in chosen.only:
            with tempfile.TemporaryDirectory() as folder:
                report = audited(cause, Path(folder))
            print(report)
            REPORTS.mkdir(exist_ok=True)
            (REPORTS / f"{cause.slug}.report.txt").write_text(report, encoding="utf-8")
    PAGES.mkdir(exist_ok=True)
    for name, text in pages().items():
        (PAGES / name).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
