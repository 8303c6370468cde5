"""What ``--reprocheck`` adds to a run of pytest: one item for each subject, and the reports of all audits."""

from __future__ import annotations

import json
import os
import signal
import threading
import zlib
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pytest_reprocheck.advising import Advised
    from pytest_reprocheck.auditing import Session
    from pytest_reprocheck.collecting import Entry, Scope
    from pytest_reprocheck.config import Options
    from pytest_reprocheck.core.findings import Audit
    from pytest_reprocheck.core.subjects import Json
    from pytest_reprocheck.keeping import Kept
    from pytest_reprocheck.machines import Machine
    from pytest_reprocheck.starting import Engine

audits_key = pytest.StashKey["list[Audit]"]()
"""The audits that an item made, those of the fixture too."""
_position_key = pytest.StashKey[int]()
_records_key = pytest.StashKey["dict[str, str]"]()
"""Texts of the records that an item made, by their paths."""


class NotReproducibleError(Exception):
    """An audit whose verdict fails its item; pytest shows the audit, not this exception."""

    def __init__(self, audit: Audit) -> None:
        super().__init__(audit.verdict)
        self.audit = audit


class AuditFile(pytest.File):
    """A notebook or script that is audited."""

    entries: tuple[Entry, ...] = ()

    def collect(self) -> Iterable[pytest.Item]:
        """One item for each set of parameters."""
        from pytest_reprocheck.core.subjects import parameter_text

        for entry in self.entries:
            name = f"reprocheck{parameter_text(entry.subject.parameters)}"
            item: AuditItem = AuditItem.from_parent(self, name="".join(c if c.isprintable() else "?" for c in name))
            item.entry = entry
            yield item


class AuditItem(pytest.Item):
    """The audit of one subject."""

    entry: Entry

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.add_marker("reprocheck")
        if self.config.pluginmanager.hasplugin("rerunfailures"):
            self.add_marker(pytest.mark.flaky(reruns=0))  # an audit has run its subject again and again already

    def runtest(self) -> None:
        """Audit; the verdict decides."""
        session = self.config.pluginmanager.get_plugin("reprocheck-session")
        assert isinstance(session, AuditSession)
        try:
            audit = _audit(self, session)
        except KeyboardInterrupt:
            pytest.exit("interrupted")  # pytest would show a line of ours, of no use to anybody
        self.stash[audits_key] = [audit]
        causes = sorted({finding.cause for finding in audit.findings if finding.severity == "error"})
        self.user_properties.append(("reprocheck_verdict", audit.verdict))
        self.user_properties.append(("reprocheck_causes", " ".join(causes)))
        self.user_properties.append(("reprocheck_runs", audit.runs))
        if session.stops(audit, self.entry.options):
            raise NotReproducibleError(audit)
        if audit.verdict == "blocked":
            pytest.skip(audit.reason)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The rendered audit; anything else is a bug of ours and shown with its traceback from here on."""
        if isinstance(excinfo.value, NotReproducibleError):
            from pytest_reprocheck.report.terminal import render_failure

            return render_failure(excinfo.value.audit)
        excinfo.traceback = excinfo.traceback.cut(path=__file__)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """The whole file: an audit has no line."""
        return self.path, None, self.name


def _audit(item: AuditItem, session: AuditSession) -> Audit:
    from pytest_reprocheck.collecting import refusal

    entry = item.entry
    if refused := refusal(entry):
        return refused
    from pytest_reprocheck.auditing import audit
    from pytest_reprocheck.keeping import keeper
    from pytest_reprocheck.report.machine import last_memory

    subject = entry.subject
    made = item.stash[_records_key] = {}
    return audit(
        subject,
        entry.options,
        machine=session.machine,
        session=session.shared(),
        expected_memory=last_memory(session.scope.root, subject.path, subject.parameters),
        engine=session.engine(item.session.items),
        update=keeper(subject, made) if session.updates else None,
    )


class AuditSession:
    """What ``--reprocheck`` adds to one run of pytest."""

    def __init__(self, config: pytest.Config, scope: Scope, machine: Callable[[], Machine]) -> None:
        self.scope = scope
        self.is_worker = hasattr(config, "workerinput")
        # Not the environment: a pytest that a worker's test starts is no worker.
        self._workers = int(getattr(config, "workerinput", {}).get("workercount", 1))
        # Not Session.isinitpath: it forgets a file that is named beside a folder around it.
        self.machine = machine
        """Tells what this machine can keep runs from."""
        self.named = frozenset(_path_of(argument, config) for argument in config.args)
        self.updates_baseline = bool(config.getoption("reprocheck_update_baseline"))
        self.updates = bool(config.getoption("reprocheck_update"))
        self.records: dict[str, str] = {}
        self.kept: Kept | None = None
        self.advised: Advised | None = None
        self.items = 0
        self.audits: dict[tuple[int, int], bytes] = {}
        """Position of the item in the order of collection, position among its audits -> audit, packed: of thousands of
        audits nothing else is kept until the end."""
        self._unpacked: list[Audit] = []
        self.problems: list[str] = []
        self._shared: Session | None = None
        self._engine: Engine | None = None
        self._opened = ExitStack()
        self.under_way: dict[str, None] = {}
        """Node ids of the items that have begun and not ended, in that order."""
        self._terminate: Any = None
        self._add_declared(config)

    def _add_declared(self, config: pytest.Config) -> None:
        """Without arguments, what the configuration declares is audited wherever it lies, outside ``testpaths`` too."""
        from pytest_reprocheck.collecting import declared_files
        from pytest_reprocheck.core.errors import ConfigError

        try:
            files = declared_files(self.scope)
        except ConfigError as error:
            raise pytest.UsageError(str(error)) from error
        if config.args_source is not config.ArgsSource.ARGS:
            config.args += [str(file) for file in files if not any(map(file.is_relative_to, self.named))]

    def stops(self, audit: Audit, options: Options) -> bool:
        """Whether an audit fails its item; not for findings that are being written into the baseline."""
        if self.updates_baseline and audit.verdict not in ("failed", "blocked"):
            return False
        return audit.fails(fail_on=options.fail_on, require_run=options.require_run)

    def shared(self) -> Session:
        """What the audits of this process have in common; with workers, each of them has its share of the machine."""
        from pytest_reprocheck.auditing import Session

        if self._shared is None:
            self._shared = Session(workers=self._workers)
        return self._shared

    def engine(self, items: Sequence[pytest.Item]) -> Engine:
        """How the runs of these items are started, decided at the first question; a worker has a share of them."""
        from pytest_reprocheck.starting import FEWEST, FRESH, forking

        if self._engine is None:
            entries = [item.entry for item in items if isinstance(item, AuditItem)]
            subjects = [each.subject for each in entries if not each.options.fresh and not each.problem]
            self._engine = FRESH
            if len(subjects) >= self._workers * FEWEST:
                self._engine = self._opened.enter_context(forking(subjects))
        return self._engine

    def pytest_report_header(self) -> list[str]:
        """What is varied, the workspace, and the limits; seeds derive from each subject's name."""
        from pytest_reprocheck.config import Options, merged
        from pytest_reprocheck.plugin_listing import time_text
        from pytest_reprocheck.report.terminal import render_header

        options = merged(Options(), [self.scope.config.overrides, self.scope.flags])
        machine = self.machine() if options.workspace == "auto" else None
        mode = options.workspace if machine is None else "overlay" if machine.overlay else "copy"
        why = machine.overlay_reason if machine is not None and not machine.overlay else ""
        limits = f"max {options.max_runs} runs, budget {time_text(options.budget)}"
        return render_header(options.vary, f"{mode} workspace", why, limits)

    @pytest.hookimpl(wrapper=True)
    def pytest_collect_file(
        self, file_path: Path, parent: pytest.Collector
    ) -> Generator[None, list[pytest.Collector], list[pytest.Collector]]:
        """Collect subjects. A script that is one is nothing else: any other collector would import it, here and now."""
        from pytest_reprocheck.collecting import entries_of, is_test_file

        others = yield
        if is_test_file(file_path, parent.config.getini("python_files")):
            return others
        entries = entries_of(file_path, self.scope, named=file_path in self.named)
        if not entries:
            return others
        # The session as parent: a package as parent would be imported before the item runs.
        collector: AuditFile = AuditFile.from_parent(parent.session, path=file_path)
        collector.entries = entries
        return [collector] if file_path.suffix == ".py" else [*others, collector]

    def pytest_itemcollected(self, item: pytest.Item) -> None:
        """Note the order of collection, which reports keep whatever the order of running is."""
        item.stash[_position_key] = self.items
        self.items += 1

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool | None:
        """``--reprocheck-list`` shows the subjects instead of running anything."""
        if not session.config.getoption("reprocheck_list") or session.testsfailed:
            return None
        from pytest_reprocheck.plugin_listing import listed

        reporter = session.config.pluginmanager.get_plugin("terminalreporter")
        if reporter is not None:
            reporter.ensure_newline()
            for line in listed([item.entry for item in session.items if isinstance(item, AuditItem)], self.scope.root):
                reporter.write_line(line)
        return True

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Put the audits on the report as plain data, which reaches the controller from a worker too."""
        report = yield
        audits = item.stash.get(audits_key, [])
        if call.when == "call" and audits:
            item.stash[audits_key] = []
            from pytest_reprocheck.report.machine import audit_to_json
            from pytest_reprocheck.report.terminal import render_headline

            records: dict[str, str] = item.stash.get(_records_key, {})
            shown: dict[str, Json] = {
                "position": item.stash[_position_key],
                "audits": [audit_to_json(audit) for audit in audits],
                "records": {**records},
            }
            report.reprocheck = shown  # type: ignore[attr-defined]
            if isinstance(item, AuditItem) and report.failed:
                report.location = (*report.location[:2], render_headline(audits[0]))
            if isinstance(item, AuditItem) and report.skipped:
                report.longrepr = (str(item.path), None, f"Skipped: {audits[0].reason}")  # type: ignore[assignment]
        return report

    def pytest_sessionstart(self) -> None:
        """Let SIGTERM end the session as an interrupt does: it must leave no process and no folder behind."""

        def stop(_number: int, _frame: object) -> None:
            pytest.exit("terminated")

        alone = threading.current_thread() is threading.main_thread()
        if alone and not self.is_worker and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
            self._terminate = signal.signal(signal.SIGTERM, stop)

    def pytest_unconfigure(self) -> None:
        """Give SIGTERM back."""
        if self._terminate is not None:
            signal.signal(signal.SIGTERM, self._terminate)

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Note what has begun, in the controller too."""
        self.under_way[nodeid] = None

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        """What has ended was not interrupted."""
        self.under_way.pop(nodeid, None)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Gather the audits, in the controller alone."""
        shown = getattr(report, "reprocheck", None)
        if shown is None or self.is_worker:
            return
        report.reprocheck = None  # type: ignore[attr-defined]  # pytest keeps its reports
        for index, data in enumerate(shown["audits"]):
            self.audits[shown["position"], index] = zlib.compress(json.dumps(data).encode())
        self.records |= shown["records"]

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """End what runs were forked from; write the reports, also of a run that was interrupted."""
        if self._engine is not None:
            self.problems += [f"reprocheck: {problem}" for problem in self._engine.problems]
        self._opened.close()
        if self.is_worker or session.config.getoption("reprocheck_list") or session.config.getoption("collectonly"):
            return
        try:
            self._write(session.config)
        except OSError as error:
            self.problems.append(f"reprocheck: the report could not be written: {error}")
            session.exitstatus = session.exitstatus or pytest.ExitCode.TESTS_FAILED
        if any(done is not None and done.failed for done in (self.kept, self.advised)):
            session.exitstatus = session.exitstatus or pytest.ExitCode.TESTS_FAILED

    def _write(self, config: pytest.Config) -> None:
        from importlib.metadata import version

        from pytest_reprocheck.core.baseline import baseline_text, updated
        from pytest_reprocheck.report.machine import host, keep_last, report_to_json, write_text

        tool_version = version("pytest-reprocheck")
        audits = self._in_order()
        if given := config.getoption("reprocheck_json"):
            file = config.invocation_params.dir / given
        elif configured := self.scope.config.json:
            file = config.rootpath / configured
        else:
            file = None
        if (severity := self.scope.config.advisories) is not None and audits:
            from pytest_reprocheck.advising import advised

            self.advised = advised(config.rootpath, severity)
        if file is not None:
            told = self.advised.data if self.advised else None
            write_text(file, report_to_json(audits, host(), tool_version=tool_version, advisories=told))
        keep_last(config.rootpath, audits, host(), tool_version=tool_version)
        if self.updates and self.audits:
            from pytest_reprocheck.keeping import keep

            self.kept = keep(config.rootpath, self.records)
        if self.updates_baseline and self.scope.baseline is not None:
            write_text(self.scope.baseline, baseline_text(updated(self.scope.accepted, audits)))

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """One line for each subject, and what was not varied."""
        from pytest_reprocheck.gates import unused_allowances
        from pytest_reprocheck.report.terminal import (
            is_told,
            render_failure,
            render_headline,
            render_interrupted,
            render_summary,
        )

        for audit in filter(is_told, self._in_order()):
            if audit.passed:
                terminalreporter.section(render_headline(audit), sep="_")
                terminalreporter.write_line(render_failure(audit))
        failed = {report.nodeid.partition("::")[0] for report in terminalreporter.getreports("failed")}
        broken_off = [subject for nodeid in self.under_way if (subject := _subject_in(nodeid))]
        if self.audits or broken_off:
            terminalreporter.section("reprocheck summary")
            told = lambda audit: audit.path in failed  # noqa: E731
            lines = render_summary(self._in_order(), told=told) if self.audits else ()
            unused = unused_allowances(self.scope.config, self._in_order())
            for line in (*lines, *map(render_interrupted, broken_off), *unused):
                terminalreporter.write_line(line)
        done = [line for each in (self.kept, self.advised) if each is not None for line in each.lines]
        for line in (*done, *self.problems):
            terminalreporter.write_line(line)

    def _in_order(self) -> list[Audit]:
        """All audits of all workers, once no more are to come, and what sets of parameters tell together."""
        from pytest_reprocheck.parameterising import flag_parameters
        from pytest_reprocheck.report.machine import audit_from_json

        if len(self._unpacked) != len(self.audits):
            packed = [packed for _, packed in sorted(self.audits.items())]
            audits = [audit_from_json(json.loads(zlib.decompress(each))) for each in packed]
            self._unpacked = [*flag_parameters(audits, self.scope.root, self.scope.config.overrides.allow or ())]
        return self._unpacked


def _subject_in(nodeid: str) -> str:
    """The name of the subject that an item audits; empty for an ordinary test."""
    path, found, parameters = nodeid.partition("::reprocheck")
    return path + parameters if found else ""


def _path_of(argument: str, config: pytest.Config) -> Path:
    """The absolute path in an argument, which may be a node id."""
    return Path(os.path.abspath(config.invocation_params.dir / argument.partition("[")[0].partition("::")[0]))  # noqa: PTH100
