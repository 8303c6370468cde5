"""The face on the command line: ``reprocheck audit | lock | drift | replay | show | explain | doctor``.

Exit codes: 0, all subjects are reproducible or blocked; 1, one is neither, or is blocked under ``--require-run``;
2, a wrong command line, configuration or file; 130 and 143, interrupted and terminated.
"""

from __future__ import annotations

import argparse
import functools
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pytest_reprocheck.audit_cli import written
from pytest_reprocheck.collecting import Entry, Scope, declared_files, entries_in, entries_of, refusal
from pytest_reprocheck.config import (
    Config,
    Options,
    Overrides,
    merged,
    parse_flags,
    read_config,
    read_sanitizers,
    with_advisories,
    with_parameters,
)
from pytest_reprocheck.core.causes import CAUSES
from pytest_reprocheck.core.checkup import Outlook
from pytest_reprocheck.core.errors import ConfigError, DecodeError, ReprocheckError, did_you_mean
from pytest_reprocheck.core.findings import Audit
from pytest_reprocheck.core.subjects import find_root
from pytest_reprocheck.gates import baseline_file, read_baseline, unused_allowances
from pytest_reprocheck.keeping import keeper
from pytest_reprocheck.locks_cli import add_commands
from pytest_reprocheck.report.checkup import render_capabilities, render_outlooks
from pytest_reprocheck.report.machine import (
    LAST,
    Report,
    last_memory,
    last_seconds,
    load_report,
)
from pytest_reprocheck.report.notebook import report_in
from pytest_reprocheck.report.terminal import (
    is_told,
    render_cause,
    render_causes,
    render_error,
    render_failure,
    render_headline,
    render_interrupted,
    render_replay,
    render_summary,
)

_VALUES = (
    "vary", "max-runs", "budget", "timeout", "cell-timeout", "start-timeout", "memory", "workspace", "no-network",
    "allow-writes", "require-run", "fail-on", "fresh",
)  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    parsed = _parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], int] = parsed.command
    try:
        with _terminable():
            return command(parsed)
    except ReprocheckError as error:
        return _complain(str(error))
    except BrokenPipeError:
        # The reader went away; Python would complain once more when it closes the stream at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 2
    except OSError as error:
        return _complain(f"{error.filename}: {error.strerror}" if error.filename and error.strerror else str(error))
    except _TerminatedError:
        return 143
    except KeyboardInterrupt:
        return 130


class _TerminatedError(KeyboardInterrupt):
    """SIGTERM has arrived."""


@contextmanager
def _terminable() -> Iterator[None]:
    """Let SIGTERM end a command as an interrupt does: it must leave no process and no folder behind."""

    def stop(_number: int, _frame: object) -> None:
        raise _TerminatedError

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _complain(text: str) -> int:
    print(render_error(f"reprocheck: error: {text}"), file=sys.stderr)
    return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="reprocheck", description="Is a notebook or training script reproducible, and if not, why?"
    )
    parser.add_argument("--version", action="version", version=f"reprocheck {version('pytest-reprocheck')}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_audit(commands)
    add_commands(commands, _record)
    replay = commands.add_parser("replay", help="run a stored audit's subjects again under the recorded conditions")
    replay.add_argument("file", metavar="FILE", type=Path, help="a report")
    replay.add_argument("--root", metavar="FOLDER", type=Path, help="what the report's paths are relative to")
    replay.set_defaults(command=_replay)

    show = commands.add_parser("show", help="show a stored report")
    show.add_argument("file", metavar="FILE", type=Path, help="a report, or a notebook with one")
    show.add_argument("--fail-on", metavar="LIST", help="verdicts for exit code 1, and: warning (none)")
    show.set_defaults(command=_show)

    explain = commands.add_parser("explain", help="what a cause is, and what to do about it")
    explain.add_argument("cause", nargs="?", metavar="CAUSE", help="without one, all are listed")
    explain.set_defaults(command=_explain)

    doctor = commands.add_parser("doctor", help="what this machine allows, and what subjects would be blocked by")
    doctor.add_argument("paths", nargs="*", metavar="PATH", type=Path, help="a notebook, a script, or a folder")
    doctor.set_defaults(command=_doctor)
    return parser


def _add_audit(commands: Any) -> None:
    audit = commands.add_parser("audit", help="run notebooks and scripts twice and explain what differs")
    audit.add_argument("paths", nargs="+", metavar="PATH", type=Path, help="a notebook, a script, or a folder")
    audit.add_argument("--json", metavar="FILE", type=Path, help="write the machine-readable report")
    audit.add_argument("--vary", metavar="LIST", help="factors to vary, or: default, hardware (default)")
    audit.add_argument("--max-runs", metavar="N", help="runs for finding and explaining, for each subject (8)")
    audit.add_argument("--budget", metavar="TIME", help="time for the explaining runs of each subject (10 min)")
    audit.add_argument("--timeout", metavar="TIME", help="time that one run may take (no limit)")
    audit.add_argument("--cell-timeout", metavar="TIME", help="time that one cell may take (no limit)")
    audit.add_argument("--workspace", metavar="MODE", help="auto, overlay, copy or in-place (auto)")
    audit.add_argument("--no-network", action="store_true", default=None, help="cut all runs off from other machines")
    audit.add_argument("--start-timeout", metavar="TIME", help="time until a kernel is ready (2 min)")
    audit.add_argument("--allow-writes", metavar="LIST", help="hosts that each run may change something on")
    audit.add_argument("--require-run", action="store_true", default=None, help="a blocked subject counts as failed")
    audit.add_argument(
        "--fail-on", metavar="LIST", help="verdicts for exit code 1, and: warning, never (all but blocked)"
    )
    audit.add_argument("--baseline", metavar="FILE", help="findings in this file are accepted")
    audit.add_argument("--update-baseline", action="store_true", help="write what is found into the baseline")
    audit.add_argument("--update", action="store_true", help="write records, and the lock, to be committed")
    audit.add_argument("--advisories", metavar="SEVERITY", help="ask about weaknesses: error, warning or info")
    audit.add_argument(
        "--nbval-sanitize-with", metavar="FILE", type=Path, help="nbval's file of regular expressions for outputs"
    )
    audit.add_argument(
        "-p", dest="pairs", action="append", default=[], metavar="NAME=VALUE", help="a parameter of all the subjects"
    )
    audit.add_argument("--parameters", metavar="FILE", type=Path, help="sets of parameters, in YAML, JSON or TOML")
    audit.add_argument("--fresh", action="store_true", default=None, help="start every run anew, fork none")
    audit.add_argument(
        "--memory", metavar="SIZE", help="memory that a process, and runs side by side, may take (no limit)"
    )
    audit.set_defaults(command=_audit)


def _audit(parsed: argparse.Namespace) -> int:
    from pytest_reprocheck.auditing import Session, audit, this_machine
    from pytest_reprocheck.starting import forking

    flags = parse_flags({name: getattr(parsed, name.replace("-", "_")) for name in _VALUES}, "--")
    if parsed.nbval_sanitize_with:
        flags = replace(flags, normalise=read_sanitizers(parsed.nbval_sanitize_with))
    paths = [Path(os.path.abspath(path)) for path in parsed.paths]  # noqa: PTH100 - links stay
    given = functools.partial(_configured, parsed)
    scope, entries = _subjects(paths, flags, parsed.baseline, update=parsed.update_baseline, given=given)
    audits: list[Audit] = []
    records: dict[str, str] = {}
    failed = False
    interruption: KeyboardInterrupt | None = None
    audit_next = functools.partial(audit, machine=functools.cache(this_machine), session=Session())
    with forking([each.subject for each in entries if not each.options.fresh]) as engine:
        for entry in entries:
            subject, options = entry.subject, entry.options
            tell = functools.partial(_progress, subject.name)
            expected = last_memory(scope.root, subject.path, subject.parameters)
            update = keeper(subject, records) if parsed.update else None
            run = functools.partial(audit_next, progress=tell, expected_memory=expected, engine=engine, update=update)
            try:
                result = refusal(entry) or run(subject, options)
            except KeyboardInterrupt as error:
                print(render_interrupted(subject.name), flush=True)
                interruption = error
                break
            audits.append(result)
            updating = parsed.update_baseline and result.verdict not in ("failed", "blocked")
            failed |= not updating and result.fails(fail_on=options.fail_on, require_run=options.require_run)
            if is_told(result):
                print(f"{render_headline(result)}\n{render_failure(result)}\n", flush=True)
    failed |= _flag(audits, scope)
    if audits:
        told = render_summary(audits, flag="--vary", told=is_told)
        print("\n".join([*told, *unused_allowances(scope.config, audits)]))
    for problem in engine.problems:
        print(problem, file=sys.stderr)
    failed |= written(parsed, scope, audits, records)
    if interruption is not None:
        raise interruption
    return int(failed)


def _configured(parsed: argparse.Namespace, config: Config) -> Config:
    """The configuration with what the flags add to it."""
    config = with_advisories(config, parsed.advisories, "--advisories")
    return with_parameters(config, file=parsed.parameters, pairs=parsed.pairs)


def _flag(audits: list[Audit], scope: Scope) -> bool:
    """Add what sets of parameters tell together, and tell it; whether that fails."""
    from pytest_reprocheck.parameterising import flag_parameters

    options, before = merged(Options(), [scope.config.overrides, scope.flags]), list(audits)
    audits[:] = flag_parameters(audits, scope.root, options.allow)
    told = [audit for audit, old in zip(audits, before, strict=True) if audit is not old and is_told(audit)]
    print(*(f"{render_headline(audit)}\n{render_failure(audit)}\n\n" for audit in told), sep="", end="")
    return "warning" in options.fail_on and bool(told)


def _record(paths: Sequence[str]) -> int:
    """Audit subjects, and write their records and the lock."""
    return _audit(_parser().parse_args(["audit", "--update", *paths]))


def _subjects(
    paths: Sequence[Path],
    flags: Overrides,
    baseline: str | None = None,
    *,
    update: bool = False,
    given: Callable[[Config], Config] = lambda config: config,
) -> tuple[Scope, list[Entry]]:
    """The project and what the paths give, each subject once; raises ConfigError for a path that gives nothing."""
    for path in paths:
        if not path.exists():
            raise ConfigError("no such file or folder", where=_shown(path))
    scope = _scope(paths, flags, baseline, update=update, given=given)
    found: dict[str, Entry] = {}
    for path in paths:
        found |= {entry.subject.name: entry for entry in _entries(path, scope) if entry.subject.name not in found}
    return scope, list(found.values())


def _scope(
    paths: Sequence[Path],
    flags: Overrides,
    baseline: str | None = None,
    *,
    update: bool = False,
    given: Callable[[Config], Config] = lambda config: config,
) -> Scope:
    """The project; ``given`` adds to its configuration."""
    root = find_root(Path(os.path.commonpath(paths)))
    config = given(read_config(root))
    file = baseline_file(baseline, config, root=root, invoked_from=Path.cwd(), update=update)
    scope = Scope(
        root=root,
        config=config,
        flags=flags,
        invoked_from=Path.cwd(),
        baseline=file,
        accepted=read_baseline(file, may_lack=update),
    )
    declared_files(scope)
    return scope


def _entries(path: Path, scope: Scope) -> Sequence[Entry]:
    """What a path gives; raises ConfigError for nothing."""
    if not path.exists():
        raise ConfigError("no such file or folder", where=_shown(path))
    entries = entries_in(path, scope) if path.is_dir() else entries_of(path, scope, named=True)
    if not entries:
        wanted = "no notebook and no declared script in it" if path.is_dir() else "neither a notebook nor a script"
        raise ConfigError(wanted, where=_shown(path))
    return entries


def _replay(parsed: argparse.Namespace) -> int:
    from pytest_reprocheck.auditing import replay

    report = _read(parsed.file)
    root = parsed.root.absolute() if parsed.root else _root_of(parsed.file.absolute())
    options = merged(Options(), [read_config(root).overrides])
    audits = []
    for stored in report.subjects:
        _progress(stored.name, "A and B")
        try:
            again = replay(stored, root, options)
        except ConfigError as error:
            if len(report.subjects) == 1:
                raise
            print(error)
            again = stored
        else:
            print(render_replay(stored, again), flush=True)
        audits.append(again)
    return int(any(audit.fails(fail_on=options.fail_on, require_run=options.require_run) for audit in audits))


def _root_of(file: Path) -> Path:
    """The root whose folder of last reports a file lies in; else the root around it."""
    for folder in file.parents:
        if file.is_relative_to(folder / LAST):
            return folder
    return find_root(file)


def _show(parsed: argparse.Namespace) -> int:
    audits = _read(parsed.file).subjects
    failing = parse_flags({"fail-on": parsed.fail_on or "never"}, "--").fail_on or ()
    for audit in audits:
        if is_told(audit):
            print(f"{render_headline(audit)}\n{render_failure(audit)}\n")
    print("\n".join(render_summary(audits, flag="--vary", told=is_told)))
    return int(any(audit.fails(fail_on=failing) for audit in audits))


def _read(file: Path) -> Report:
    try:
        text = file.read_text(encoding="utf-8")
        return report_in(text) if file.suffix == ".ipynb" else load_report(text)
    except UnicodeDecodeError as error:
        raise DecodeError("is no text in UTF-8", where=str(file)) from error
    except OSError as error:
        raise DecodeError(f"cannot be read: {error.strerror}", where=str(file)) from error
    except DecodeError as error:
        raise DecodeError(error.message, where=f"{file}: {error.where}", hint=error.hint) from error


def _explain(parsed: argparse.Namespace) -> int:
    if parsed.cause is None:
        print(render_causes(CAUSES))
        return 0
    by_slug = {cause.slug: cause for cause in CAUSES}
    if parsed.cause not in by_slug:
        raise ConfigError(f"unknown cause {parsed.cause!r}", hint=did_you_mean(parsed.cause, by_slug))
    print(render_cause(by_slug[parsed.cause]))
    return 0


def _doctor(parsed: argparse.Namespace) -> int:
    from pytest_reprocheck.inspecting import capabilities, outlook

    print(render_capabilities(capabilities()))
    if not parsed.paths:
        return 0
    paths = [Path(os.path.abspath(path)) for path in parsed.paths]  # noqa: PTH100
    scope = _scope([path for path in paths if path.exists()] or [Path.cwd()], Overrides())
    found: dict[str, Outlook] = {}
    for path in paths:
        try:
            entries = _entries(path, scope)
        except ConfigError as error:
            found[_shown(path)] = Outlook(name=_shown(path), problem=error.message)
            continue
        for entry in entries:
            subject = entry.subject
            told = Outlook(name=subject.name, problem=entry.problem) if entry.problem else outlook(subject)
            found[subject.name] = replace(told, estimate=last_seconds(scope.root, subject.path, subject.parameters))
    print(f"\n{render_outlooks([*found.values()])}")
    return 1 if any(each.lacks or each.problem for each in found.values()) else 0


def _progress(name: str, step: str) -> None:
    """Say what is being done, to people only."""
    if sys.stderr.isatty():
        print(f"{name}: {step}", file=sys.stderr)


def _shown(path: Path) -> str:
    """A path as the user may have written it."""
    return os.path.relpath(path) if path.is_relative_to(Path.cwd()) else str(path)
