"""The face in pytest: options, a fixture and a marker; ``plugin_session`` has what ``--reprocheck`` adds.

pytest loads this module in every run, also in those that audit nothing, so whatever is needed only for an audit is
imported where an audit begins. Without ``--reprocheck`` nothing is collected, printed or written.
"""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import replace
from importlib.machinery import ModuleSpec, PathFinder
from typing import TYPE_CHECKING, Any

import pytest

from pytest_reprocheck.plugin_session import AuditSession, audits_key

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

    from pytest_reprocheck.collecting import Scope
    from pytest_reprocheck.config import Config, Options
    from pytest_reprocheck.core.findings import Audit
    from pytest_reprocheck.core.rules import FieldRule
    from pytest_reprocheck.machines import Machine

_scope_key = pytest.StashKey["Scope"]()

_VALUES = (
    "vary",
    "max-runs",
    "budget",
    "timeout",
    "cell-timeout",
    "start-timeout",
    "memory",
    "workspace",
    "no-network",
    "allow-writes",
    "require-run",
    "fail-on",
    "fresh",
)
"""Flags that set options of the audits; their names are those of the configuration's keys."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """All options begin with the plugin's name."""
    group = parser.getgroup("reprocheck", "audits of reproducibility (reprocheck)")
    group.addoption(
        "--reprocheck",
        action="store_true",
        help="audit notebooks, and the scripts that are named or configured: run each twice under varied conditions "
        "and explain what differs",
    )
    group.addoption("--reprocheck-json", metavar="FILE", help="write the machine-readable report")
    group.addoption("--reprocheck-vary", metavar="LIST", help="factors to vary, or: default, hardware (default)")
    group.addoption("--reprocheck-max-runs", metavar="N", help="runs for finding and explaining, each subject (8)")
    group.addoption("--reprocheck-budget", metavar="TIME", help="time for the explaining runs, each subject (10 min)")
    group.addoption("--reprocheck-timeout", metavar="TIME", help="time that one run may take (no limit)")
    group.addoption("--reprocheck-cell-timeout", metavar="TIME", help="time that one cell may take (no limit)")
    group.addoption("--reprocheck-start-timeout", metavar="TIME", help="time until a kernel is ready (2 min)")
    group.addoption(
        "--reprocheck-memory", metavar="SIZE", help="memory that a process, and runs side by side, may take (no limit)"
    )
    group.addoption("--reprocheck-workspace", metavar="MODE", help="auto, overlay, copy or in-place (auto)")
    group.addoption(
        "--reprocheck-no-network", action="store_true", default=None, help="cut all runs off from other machines"
    )
    group.addoption("--reprocheck-allow-writes", metavar="LIST", help="hosts that each run may change something on")
    group.addoption(
        "--reprocheck-require-run", action="store_true", default=None, help="fail what is blocked, instead of a skip"
    )
    group.addoption(
        "--reprocheck-fail-on", metavar="LIST", help="verdicts that fail, and: warning, never (all but blocked)"
    )
    group.addoption("--reprocheck-baseline", metavar="FILE", help="findings in this file are accepted")
    group.addoption(
        "--reprocheck-update-baseline", action="store_true", help="write the findings of this run into the baseline"
    )
    group.addoption(
        "--reprocheck-parameters", metavar="FILE", help="sets of parameters, in YAML, JSON or TOML; each is a subject"
    )
    group.addoption("--reprocheck-fresh", action="store_true", default=None, help="start every run anew, fork none")
    group.addoption(
        "--reprocheck-update", action="store_true", help="write the records of this run, and the lock, to be committed"
    )
    group.addoption(
        "--reprocheck-advisories",
        metavar="SEVERITY",
        help="ask for published weaknesses of the locked packages: error, warning or info (nobody is asked)",
    )
    group.addoption("--reprocheck-list", action="store_true", help="show what would be audited, run nothing")


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """A list is made in this process: with workers, only they would know the subjects."""
    if config.getoption("reprocheck_list") and config.pluginmanager.hasplugin("xdist"):
        config.option.numprocesses, config.option.dist, config.option.tx = 0, "no", []


class OwnModules:
    """Finds this package's modules as they were installed: pytest compiles those of plugins anew, for their asserts."""

    @staticmethod
    def find_spec(name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        """The spec that pytest's own finder would leave alone; None for modules of others."""
        return PathFinder.find_spec(name, path, target) if name.startswith(f"{__package__}.") else None


def pytest_configure(config: pytest.Config) -> None:
    """Turn the audits on; raises UsageError for options that are wrong, or would have no effect."""
    config.addinivalue_line(
        "markers",
        "reprocheck(vary=..., rtol=..., atol=...): call the test function twice under varied conditions and compare; "
        "with the fixture of that name, its options. Audits of notebooks and scripts have this marker too.",
    )
    own = OwnModules()
    sys.meta_path.insert(0, own)
    config.add_cleanup(functools.partial(sys.meta_path.remove, own))
    if config.getoption("reprocheck"):
        machine = _machine(config)
        config.pluginmanager.register(AuditSession(config, _scope(config), machine), "reprocheck-session")
        return
    for name in ("json", *_VALUES, "parameters", "baseline", "update-baseline", "update", "advisories", "list"):
        if config.getoption(f"reprocheck_{name.replace('-', '_')}"):
            raise pytest.UsageError(
                f"--reprocheck-{name} needs --reprocheck. Add it, or set the key in pyproject.toml."
            )


def _machine(config: pytest.Config) -> Callable[[], Machine]:
    """Tells what this machine can keep runs from: found out while pytest collects, where audits are made here."""
    from pytest_reprocheck.machines import finding_out

    elsewhere = config.getoption("numprocesses", None) and not hasattr(config, "workerinput")
    only_listed = config.getoption("reprocheck_list") or config.getoption("collectonly")
    return finding_out(at_once=not elsewhere and not only_listed)


def _scope(config: pytest.Config) -> Scope:
    """Configuration and flags; raises UsageError."""
    from pytest_reprocheck.collecting import Scope
    from pytest_reprocheck.config import parse_flags, read_config, with_advisories, with_parameters
    from pytest_reprocheck.core.errors import ReprocheckError
    from pytest_reprocheck.gates import read_baseline
    from pytest_reprocheck.report.terminal import render_error

    try:
        flags = {name: config.getoption(f"reprocheck_{name.replace('-', '_')}") for name in _VALUES}
        given = config.getoption("reprocheck_parameters")
        sets = config.invocation_params.dir / given if given else None
        chosen = with_parameters(read_config(config.rootpath), sets)
        chosen = with_advisories(chosen, config.getoption("reprocheck_advisories"), "--reprocheck-advisories")
        baseline = _baseline(config, chosen)
        return Scope(
            root=config.rootpath,
            config=chosen,
            flags=replace(parse_flags(flags, "--reprocheck-"), normalise=_sanitizers(config)),
            invoked_from=config.invocation_params.dir,
            baseline=baseline,
            accepted=read_baseline(baseline, may_lack=bool(config.getoption("reprocheck_update_baseline"))),
        )
    except ReprocheckError as error:
        raise pytest.UsageError(render_error(str(error), width=80 - len("ERROR: "))) from error


def _sanitizers(config: pytest.Config) -> tuple[FieldRule, ...] | None:
    """What nbval's own option says, where nbval is there."""
    from pytest_reprocheck.config import read_sanitizers

    given = config.getoption("nbval_sanitize_with", None)
    return read_sanitizers(config.invocation_params.dir / given) if given else None


def _baseline(config: pytest.Config, chosen: Config) -> Path | None:
    from pytest_reprocheck.gates import baseline_file

    return baseline_file(
        config.getoption("reprocheck_baseline"),
        chosen,
        root=config.rootpath,
        invoked_from=config.invocation_params.dir,
        update=bool(config.getoption("reprocheck_update_baseline")),
    )


@pytest.fixture
def reprocheck(request: pytest.FixtureRequest) -> Callable[..., Audit]:
    """Call a function twice under varied conditions: ``reprocheck(train, X, y, depth=3)``.

    Fails the test when the calls differ in what they return, fit or predict, and names the cause; returns the Audit
    otherwise. What the function raises in both calls is raised. ``@pytest.mark.reprocheck(...)`` sets the options.
    """

    def check(function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Audit:
        return _check(request.node, function, args, kwargs)

    return check


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """A wrong marker fails its test before anything is set up for it."""
    if isinstance(item, pytest.Function) and item.get_closest_marker("reprocheck"):
        _function_options(item)
        if "reprocheck" not in item.fixturenames:
            _require_plain_function(item)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """A marked test that does not use the fixture is itself what is audited; its fixtures are set up once."""
    if "reprocheck" in pyfuncitem.fixturenames or not pyfuncitem.get_closest_marker("reprocheck"):
        return (yield)
    function = pyfuncitem.obj

    def audited(**kwargs: Any) -> None:
        _check(pyfuncitem, function, (), kwargs)

    pyfuncitem.obj = audited
    try:
        return (yield)
    finally:
        pyfuncitem.obj = function


def _check(
    item: pytest.Function, function: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> Audit:
    """Audit one function for a test; fails or skips the test by the verdict."""
    from pytest_reprocheck.auditing import audit_function
    from pytest_reprocheck.report.terminal import render_failure, render_headline

    raised: list[BaseException] = []

    @functools.wraps(function)
    def observed(*positional: Any, **named: Any) -> Any:
        try:
            return function(*positional, **named)
        except BaseException as error:
            raised.append(error)
            raise

    audits = item.stash.setdefault(audits_key, [])
    root = item.config.rootpath if item.path.is_relative_to(item.config.rootpath) else item.path.parent
    name = item.nodeid.partition("::")[2] + (f"#{len(audits) + 1}" if audits else "")
    path = item.path.relative_to(root).as_posix()
    options = _function_options(item)
    audit = audit_function(observed, args, kwargs, name=name, root=root, path=path, options=options)
    audits.append(audit)
    if audit.verdict == "failed" and raised:
        raise raised[0]  # the test's own failure, with pytest's own explanation of it
    if audit.fails(fail_on=options.fail_on, require_run=options.require_run):
        pytest.fail(f"{render_headline(audit)}\n{render_failure(audit)}", pytrace=False)
    if audit.verdict == "blocked":
        pytest.skip(audit.reason)
    return audit


def _function_options(item: pytest.Function) -> Options:
    """Options of the configuration, the flags, and the item's markers, nearest last; a wrong one fails the test."""
    from pytest_reprocheck.config import Options, merged, parse_marker
    from pytest_reprocheck.core.errors import ConfigError

    scope = item.config.stash.get(_scope_key, None) or _scope(item.config)
    item.config.stash[_scope_key] = scope
    where = f"{item.nodeid}: @pytest.mark.reprocheck"
    try:
        markers = [parse_marker(mark.args, mark.kwargs, where) for mark in item.iter_markers("reprocheck")]
    except ConfigError as error:
        problem = str(error)
    else:
        problem = ""
    if problem:  # outside the handler, so that the message stands alone
        pytest.fail(problem, pytrace=False)
    return merged(Options(accepted=scope.accepted), [scope.config.overrides, scope.flags, *reversed(markers)])


def _require_plain_function(item: pytest.Function) -> None:
    """Methods of unittest classes and coroutines are called in ways of their own, which nobody can repeat here."""
    import unittest

    if inspect.iscoroutinefunction(item.obj) or inspect.isasyncgenfunction(item.obj):
        kind = "an async test"
    elif item.cls is not None and issubclass(item.cls, unittest.TestCase):
        kind = "a unittest method"
    else:
        return
    pytest.fail(f"{item.nodeid}: @pytest.mark.reprocheck cannot audit {kind}. Use a plain function.", pytrace=False)
