"""Options of an audit, and what ``[tool.reprocheck]`` and the faces' flags say about them.

Settings are merged in this order, later ones win: defaults, ``[tool.reprocheck]``, matching
``[[tool.reprocheck.subject]]`` tables from first to last, a script's inline metadata (PEP 723), flags.
"""

from __future__ import annotations

import dataclasses
import tomllib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pytest_reprocheck import parameters, settings
from pytest_reprocheck.core.conditions import DEFAULT_FACTORS
from pytest_reprocheck.core.errors import ConfigError, did_you_mean
from pytest_reprocheck.core.findings import FAILING
from pytest_reprocheck.core.rules import FieldRule
from pytest_reprocheck.core.tolerance import Tolerance

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from pytest_reprocheck.core.allowances import Accepted, Allowance
    from pytest_reprocheck.core.conditions import FactorName, WorkspaceMode
    from pytest_reprocheck.core.findings import FailOn, Severity
    from pytest_reprocheck.core.records import ValuesShown
    from pytest_reprocheck.core.subjects import Json

FILE_NAME = "pyproject.toml"


@dataclass(frozen=True, kw_only=True, slots=True)
class Options:
    """What the user asked for; every face makes one of these."""

    vary: tuple[FactorName, ...] = DEFAULT_FACTORS
    """Factors that run B changes."""
    max_runs: int = 8
    """Executions allowed for finding and explaining the differences of one subject; at least 2."""
    budget: float = 600.0
    """Seconds that the explaining runs of one subject may take in all; the two first runs are not counted."""
    timeout: float | None = None
    """Seconds that one run may take; None is no limit."""
    cell_timeout: float | None = None
    """Seconds that one cell of a notebook may take; None is no limit."""
    start_timeout: float = 120.0
    """Seconds until a kernel is ready, or a script's interpreter has started."""
    memory: int | None = None
    """Bytes of address space that each process of a run may take, and that runs side by side may have in memory
    together: what would not fit waits. None is no limit for a process, and for all what the machine has free."""
    tolerance: Tolerance = field(default_factory=Tolerance)
    normalise: tuple[FieldRule, ...] = ()
    """The user's own normalisers, applied before the built-in ones, in this order."""
    allow_writes: tuple[str, ...] = ()
    """Other machines that every run may change something on: ``host``, ``*.example.org``, ``10.1.2.3:8080``."""
    no_network: bool = False
    """Whether all runs go without a network."""
    require_run: bool = False
    """Whether a blocked subject fails its gate."""
    fail_on: tuple[FailOn, ...] = FAILING
    """Verdicts that fail a gate, and ``warning``."""
    allow: tuple[Allowance, ...] = ()
    """Findings that the configuration accepts."""
    accepted: tuple[Accepted, ...] = ()
    """Findings that the baseline accepts, of all subjects."""
    fresh: bool = False
    """Whether every run is started anew, also where several subjects are audited."""
    accept: tuple[str, ...] = ()
    """Drift from the record that is meant: with ``data-changed`` everything but values is compared."""
    values: ValuesShown = "hide"
    """Whether records show rows, categories and names that may be somebody's."""
    fenced: bool = False
    """Whether no run may write to files outside of what it has to itself: they are made beside a real one."""
    try_remedies: bool = True
    """Whether mechanical remedies are applied to a copy and run."""
    workspace: WorkspaceMode = "auto"
    """How runs are kept from the user's tree; ``auto`` is an overlay, and copies where there is none."""
    allow_network_reruns: bool = False
    """Whether a subject that connects to other machines is run again to explain what differs."""

    @property
    def stops_early(self) -> bool:
        """Whether no run may explain what differs, so that A and B need not go on when they do."""
        return self.max_runs == 2 or not self.budget


@dataclass(frozen=True, kw_only=True, slots=True)
class Overrides:
    """Options that one source sets; None leaves what the sources before it say."""

    vary: tuple[FactorName, ...] | None = None
    max_runs: int | None = None
    budget: float | None = None
    timeout: float | None = None
    cell_timeout: float | None = None
    start_timeout: float | None = None
    memory: int | None = None
    tolerance: Tolerance | None = None
    normalise: tuple[FieldRule, ...] | None = None
    """Added to those of the sources before."""
    workspace: WorkspaceMode | None = None
    no_network: bool | None = None
    allow_network_reruns: bool | None = None
    allow_writes: tuple[str, ...] | None = None
    require_run: bool | None = None
    fail_on: tuple[FailOn, ...] | None = None
    allow: tuple[Allowance, ...] | None = None
    fresh: bool | None = None
    accept: tuple[str, ...] | None = None
    values: ValuesShown | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Papermill:
    """What ``papermill --engine reprocheck`` does beside the run that papermill asks for."""

    explain: bool = False
    """Whether further runs tell the causes of differences apart, before papermill's own run."""
    cell: bool = True
    """Whether the findings are shown in a first cell of the output notebook too."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """What one table says about its subjects: a ``[[tool.reprocheck.subject]]``, or a script's inline metadata."""

    where: str
    """The table's own place, for errors: ``pyproject.toml: tool.reprocheck.subject[0]``."""
    path: str | None = None
    """Glob from the root; None in inline metadata."""
    args: tuple[str, ...] | None = None
    env: Mapping[str, str] | None = None
    cwd: str | None = None
    """``subject`` for the subject's own folder, or a folder relative to the root."""
    module: str | None = None
    python: str | None = None
    parameters: tuple[Mapping[str, Json], ...] | None = None
    """Each set makes a subject of its own."""
    overrides: Overrides = field(default_factory=Overrides)


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """All of ``[tool.reprocheck]``."""

    subjects: tuple[str, ...] = ()
    """Globs from the root of what is audited beside the notebooks."""
    exclude: tuple[str, ...] = ()
    """Globs from the root; what lies in a matching folder is excluded too."""
    cwd: str | None = None
    """As in Rule, for all subjects."""
    json: str | None = None
    """Where the machine-readable report goes, relative to the root."""
    baseline: str | None = None
    """Where the accepted findings are, relative to the root."""
    advisories: Severity | None = None
    """How bad published weaknesses of locked packages are; None: nobody is asked."""
    papermill: Papermill = field(default_factory=Papermill)
    overrides: Overrides = field(default_factory=Overrides)
    rules: tuple[Rule, ...] = ()


def _papermill(value: object, where: str) -> Papermill:
    return Papermill(**settings.fields(value, where, _PAPERMILL))


_PREFIX = "REPROCHECK_"
_OWN_VARIABLES = frozenset({"REPROCHECK_CHILD"})
"""Variables of that prefix that are no options: the runs of an audit have them."""
_PAPERMILL: Mapping[str, settings.Reader] = {"explain": settings.switch, "cell": settings.switch}
_OVERRIDES: Mapping[str, settings.Reader] = {
    "vary": settings.factors,
    "max-runs": settings.run_count,
    "budget": settings.duration,
    "timeout": settings.positive_duration,
    "cell-timeout": settings.positive_duration,
    "start-timeout": settings.positive_duration,
    "memory": settings.memory_size,
    "tolerance": settings.tolerance,
    "normalise": settings.field_rules,
    "workspace": settings.workspace_mode,
    "no-network": settings.switch,
    "allow-network-reruns": settings.switch,
    "allow-writes": settings.hosts,
    "require-run": settings.switch,
    "fail-on": settings.fail_on,
    "allow": settings.allowances,
    "fresh": settings.switch,
    "accept": settings.accepted_drift,
    "values": settings.values_shown,
}
_RULE: Mapping[str, settings.Reader] = {
    "args": settings.texts,
    "env": settings.environment,
    "cwd": settings.folder,
    "module": settings.module_name,
    "python": settings.text,
    "parameters": parameters.listed,
    "grid": parameters.grid,
    **_OVERRIDES,
}
_GLOBAL: Mapping[str, settings.Reader] = {
    "subjects": settings.globs,
    "exclude": settings.globs,
    "cwd": settings.folder,
    "json": settings.text,
    "baseline": settings.text,
    "advisories": settings.severity,
    "papermill": _papermill,
    **_OVERRIDES,
}


def read_config(root: Path) -> Config:
    """``[tool.reprocheck]`` of the root's ``pyproject.toml``, defaults without one; raises a located ConfigError."""
    try:
        text = (root / FILE_NAME).read_text(encoding="utf-8")
    except FileNotFoundError:
        return Config()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot be read: {error}", where=FILE_NAME) from error
    table = tool_table(text, FILE_NAME)
    return Config() if table is None else parse_config(table, f"{FILE_NAME}: tool.reprocheck")


def with_advisories(config: Config, given: str | None, flag: str) -> Config:
    """The configuration with the flag's severity of advisories, where it was given; raises ConfigError."""
    if given is None:
        return config
    return dataclasses.replace(config, advisories=settings.severity(given, flag))


def tool_table(text: str, where: str) -> object | None:
    """The value of ``tool.reprocheck`` in a TOML text, None without one; raises ConfigError when it is not TOML."""
    try:
        tool = tomllib.loads(text).get("tool", {})
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"is not valid TOML: {error}", where=where) from error
    return tool.get("reprocheck") if isinstance(tool, dict) else None


def parse_config(data: object, where: str) -> Config:
    """The whole table; raises ConfigError with the place of the first wrong key or value."""
    table = settings.table_of(data, where)
    rules = table.get("subject", [])
    if not isinstance(rules, list):
        raise settings.unexpected("tables, as in [[tool.reprocheck.subject]]", rules, f"{where}.subject")
    values = settings.fields({key: table[key] for key in table if key != "subject"}, where, _GLOBAL, known=["subject"])
    return Config(
        **_with_overrides(values),
        rules=tuple(_parse_subject_table(rule, f"{where}.subject[{index}]") for index, rule in enumerate(rules)),
    )


def parse_rule(data: object, where: str) -> Rule:
    """A table of per-subject keys without ``path``, as inline metadata has it; raises ConfigError."""
    return Rule(where=where, **_with_overrides(_with_sets(settings.fields(data, where, _RULE), where)))


def parse_flags(values: Mapping[str, object], prefix: str) -> Overrides:
    """Flags by name without ``prefix`` (``max-runs``), None for one that was not given; raises ConfigError."""
    given = {name: value for name, value in values.items() if value is not None}
    return Overrides(
        **{name.replace("-", "_"): _OVERRIDES[name](value, f"{prefix}{name}") for name, value in given.items()}
    )


def parse_environment(variables: Mapping[str, str], papermill: Papermill) -> tuple[Overrides, Papermill]:
    """Options that environment variables set, ``REPROCHECK_MAX_RUNS`` for ``max-runs``; raises ConfigError.

    ``papermill`` is what the configuration says; the variables win.
    """
    readers = {**_OVERRIDES, **_PAPERMILL}
    known = {_PREFIX + name.upper().replace("-", "_"): name for name in readers}
    values: dict[str, Any] = {}
    for variable, text in sorted(variables.items()):
        if not variable.startswith(_PREFIX) or variable in _OWN_VARIABLES:
            continue
        if variable not in known:
            raise ConfigError("is no option", where=variable, hint=did_you_mean(variable, known))
        name = known[variable]
        value = settings.switch_of_text(text, variable) if readers[name] is settings.switch else text
        values[name.replace("-", "_")] = readers[name](value, variable)
    own = {name: values.pop(name) for name in _PAPERMILL if name in values}
    return Overrides(**values), dataclasses.replace(papermill, **own)


def read_sanitizers(file: Path) -> tuple[FieldRule, ...]:
    """The regular expressions of a file for nbval's ``--nbval-sanitize-with``; raises a located ConfigError."""
    from nbval.plugin import get_sanitize_patterns

    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot be read: {settings.reason_of(error)}", where=str(file)) from error
    # As nbval has it: of two entries with one pattern, the first one's place and the last one's replacement.
    pairs: dict[str, str] = dict(get_sanitize_patterns(text))
    for pattern, replace in pairs.items():
        settings.substitution(pattern, replace, f"{file}: regex {pattern}")
    return tuple(
        FieldRule(name="nbval-sanitizer", pattern=pattern, replace=replace, aspects=("outputs",))
        for pattern, replace in pairs.items()
    )


def parse_marker(args: Sequence[object], values: Mapping[str, object], where: str) -> Overrides:
    """Arguments of ``@pytest.mark.reprocheck(vary=..., rtol=..., atol=...)``; raises ConfigError."""
    if args:
        raise ConfigError("takes no positional arguments", where=where, hint="Write vary=..., rtol=... or atol=...")
    readers = {"vary": settings.factors, "rtol": settings.non_negative, "atol": settings.non_negative}
    given = settings.fields(dict(values), where, readers)
    tolerance = Tolerance(rtol=given.get("rtol"), atol=given.get("atol"))
    return Overrides(vary=given.get("vary"), tolerance=tolerance if tolerance != Tolerance() else None)


def merged(options: Options, sources: Iterable[Overrides]) -> Options:
    """``options`` with what each source sets, later ones winning; normalisers and acceptances add up."""
    for source in sources:
        given = {item.name: getattr(source, item.name) for item in dataclasses.fields(source)}
        given["normalise"] = (*options.normalise, *(source.normalise or ()))
        given["allow"] = (*options.allow, *(source.allow or ()))
        options = dataclasses.replace(options, **{name: value for name, value in given.items() if value is not None})
    return options


def _parse_subject_table(data: object, where: str) -> Rule:
    values = settings.fields(data, where, {"path": settings.glob, **_RULE})
    if "path" not in values:
        raise ConfigError("missing key 'path'", where=where, hint="It names the file, or is a glob from the root.")
    return Rule(where=where, **_with_overrides(_with_sets(values, where)))


def _with_sets(values: settings.Fields, where: str) -> settings.Fields:
    """``parameters`` and ``grid`` as one field."""
    given = {name: value for name, value in values.items() if name in ("parameters", "grid")}
    others = {name: value for name, value in values.items() if name not in given}
    sets = parameters.combined(given, where)
    return others if sets is None else {**others, "parameters": sets}


def with_parameters(config: Config, file: Path | None, pairs: Sequence[str] = ()) -> Config:
    """The configuration with the sets of a file, or with one of ``NAME=VALUE`` for all subjects; raises ConfigError.

    They win over the configuration's own.
    """
    sets = dict(parameters.read_sets(file)) if file is not None else {}
    if pairs:
        sets[parameters.EVERY] = (parameters.parse_pairs(pairs, "-p"),)
    source = str(file) if file is not None else "-p"
    rules = [Rule(where=f"{source}: {path}", path=path, parameters=each) for path, each in sets.items()]
    return dataclasses.replace(config, rules=(*config.rules, *rules))


def _with_overrides(values: settings.Fields) -> settings.Fields:
    """Gather the fields of Overrides, which stand beside the others in every table, under ``overrides``."""
    names = {item.name for item in dataclasses.fields(Overrides)}
    own = {name: value for name, value in values.items() if name not in names}
    return {**own, "overrides": Overrides(**{name: value for name, value in values.items() if name in names})}
