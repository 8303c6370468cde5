"""Which subjects a file, a folder and the configuration give: what every face asks before an audit."""

from __future__ import annotations

import dataclasses
import os
import re
import tokenize
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Literal, TypeVar

from pytest_reprocheck.config import FILE_NAME, Config, Options, Overrides, Rule, merged, parse_rule, tool_table
from pytest_reprocheck.core.errors import ConfigError, ReprocheckError
from pytest_reprocheck.core.findings import Audit
from pytest_reprocheck.core.globs import matches
from pytest_reprocheck.core.subjects import Subject
from pytest_reprocheck.parameters import as_arguments

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pytest_reprocheck.core.allowances import Accepted

T = TypeVar("T")

_GENERATED = frozenset({".ipynb_checkpoints", "_build"})
"""Folders of copies that Jupyter and its documentation tools make."""
_SKIPPED = frozenset({"__pycache__", "build", "dist", "node_modules", "venv"})
"""Folders of other people's code, beside hidden ones; pytest has its own list in ``norecursedirs``."""
_TEST_FILES = ("test_*.py", "*_test.py")
"""What pytest takes for tests unless ``python_files`` says otherwise."""
_INLINE_BLOCK = re.compile(r"(?m)^# /// script$\s(?P<content>(^#(| .*)$\s)+)^# ///$")


@dataclass(frozen=True, kw_only=True, slots=True)
class Scope:
    """What a face knows before it looks at files."""

    root: Path
    """Absolute; what paths in reports are relative to."""
    config: Config = field(default_factory=Config)
    flags: Overrides = field(default_factory=Overrides)
    invoked_from: Path
    """Absolute; the working directory of scripts when it lies in the root, as in ``python scripts/train.py``."""
    baseline: Path | None = None
    """The file of accepted findings; None where there is none."""
    accepted: tuple[Accepted, ...] = ()
    """What is in it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """A subject and how it is to be audited."""

    subject: Subject
    options: Options
    problem: str = ""
    """Why it cannot be run at all: its own settings are wrong. Such a subject fails; the others go on."""


def refusal(entry: Entry) -> Audit | None:
    """The audit of a subject that cannot be run, None for one that can."""
    subject = entry.subject
    if not entry.problem:
        return None
    return Audit(
        path=subject.path, kind=subject.kind, parameters=subject.parameters, verdict="failed", reason=entry.problem
    )


def entries_of(file: Path, scope: Scope, *, named: bool) -> tuple[Entry, ...]:
    """The subjects that a file gives: none when it is not one, several when it has several sets of parameters.

    A notebook is a subject unless it is excluded or generated, a script only when the configuration or its inline
    metadata says so, a file that the user named in any case. Wrong inline metadata gives an entry with a problem.
    """
    path = _path_in_root(file, scope.root)
    if file.suffix not in (".ipynb", ".py") or not (named or _wanted(path, scope.config)):
        return ()
    if path is None:
        alone = Subject(root=file.parent, path=file.name, kind=_kind(file))
        return (Entry(subject=alone, options=Options(), problem=f"{file} is outside the root {scope.root}"),)
    try:
        inline = _inline_rule(file, path) if file.suffix == ".py" else None
    except ConfigError as error:
        return (
            Entry(subject=Subject(root=scope.root, path=path, kind=_kind(file)), options=Options(), problem=str(error)),
        )
    if not (named or file.suffix == ".ipynb" or inline or _declared(path, scope.config)):
        return ()
    rules = [rule for rule in scope.config.rules if rule.path is not None and matches(path, rule.path)]
    return tuple(_entries(path, scope, [*rules, inline] if inline else rules))


def entries_in(folder: Path, scope: Scope) -> tuple[Entry, ...]:
    """The subjects in a folder and below it, sorted by path; hidden folders, environments and tests are left out."""
    found: list[Entry] = []
    for parent, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if _visited(Path(parent, name)))
        for name in files:
            if is_test_file(Path(parent, name), _TEST_FILES):
                continue
            found += entries_of(Path(parent, name), scope, named=False)
    return tuple(sorted(found, key=lambda entry: entry.subject.path.split("/")))


def declared_files(scope: Scope) -> tuple[Path, ...]:
    """Files that ``subjects`` and the subject tables name, sorted; raises ConfigError for one that matches no file."""
    patterns = [(f"{FILE_NAME}: tool.reprocheck.subjects[{i}]", glob) for i, glob in enumerate(scope.config.subjects)]
    patterns += [(f"{rule.where}.path", rule.path) for rule in scope.config.rules if rule.path and _exact(rule.path)]
    files: set[Path] = set()
    for where, pattern in patterns:
        found = {file for file in scope.root.glob(pattern) if file.is_file()}
        if not found:
            raise ConfigError(f"no file matches {pattern!r}", where=where)
        files |= {file for file in found if _wanted(_path_in_root(file, scope.root), scope.config)}
    return tuple(sorted(files))


def is_test_file(file: Path, patterns: Sequence[str]) -> bool:
    """Whether a Python file is pytest's own: it matches ``python_files`` in pytest's way, or is a ``conftest.py``."""
    if file.suffix != ".py":
        return False
    if file.name == "conftest.py":
        return True
    return any(
        fnmatchcase(file.as_posix(), f"*/{pattern}") if "/" in pattern else fnmatchcase(file.name, pattern)
        for pattern in patterns
    )


def _path_in_root(file: Path, root: Path) -> str | None:
    return file.relative_to(root).as_posix() if file.is_relative_to(root) else None


def _kind(file: Path | PurePosixPath) -> Literal["notebook", "script"]:
    return "notebook" if file.suffix == ".ipynb" else "script"


def _wanted(path: str | None, config: Config) -> bool:
    """Whether a file that nobody named may be a subject: in the root, not generated, not excluded, nor its folders."""
    if path is None or _GENERATED.intersection(path.split("/")[:-1]):
        return False
    ways = [path, *(folder.as_posix() for folder in PurePosixPath(path).parents)]
    return not any(matches(way, pattern) for way in ways for pattern in config.exclude)


def _declared(path: str, config: Config) -> bool:
    """Whether the configuration makes a script a subject: by ``subjects``, or by a table that names just this file."""
    exact = [rule.path for rule in config.rules if rule.path and _exact(rule.path)]
    return path in exact or any(matches(path, pattern) for pattern in config.subjects)


def _exact(pattern: str) -> bool:
    return not any(sign in pattern for sign in "*?[")


def _visited(folder: Path) -> bool:
    hidden = folder.name.startswith(".") or folder.name in _SKIPPED | _GENERATED
    return not hidden and not (folder / "pyvenv.cfg").exists()


def _inline_rule(file: Path, path: str) -> Rule | None:
    """``[tool.reprocheck]`` of a script's inline metadata, None without one; raises ConfigError when it is wrong."""
    try:
        with tokenize.open(file) as stream:
            text = stream.read()
    except (OSError, SyntaxError, UnicodeDecodeError):
        return None  # a script that Python cannot read fails when it is run, with Python's own words
    blocks = [match["content"] for match in _INLINE_BLOCK.finditer(text) if "reprocheck" in match["content"]]
    if not blocks:
        return None
    if len(blocks) > 1:
        raise ConfigError("has more than one block of inline metadata", where=path)
    content = "".join(line[2:] if line.startswith("# ") else line[1:] for line in blocks[0].splitlines(keepends=True))
    table = tool_table(content, f"{path}: inline metadata")
    return None if table is None else parse_rule(table, f"{path}: tool.reprocheck")


def _entries(path: str, scope: Scope, rules: Sequence[Rule]) -> Iterator[Entry]:
    """One entry for each set of parameters; a rule of another kind gives an entry with a problem."""
    kind = _kind(PurePosixPath(path))
    base = Options(accepted=scope.accepted)
    options = merged(base, [scope.config.overrides, *(rule.overrides for rule in rules), scope.flags])
    plain = Subject(root=scope.root, path=path, kind=kind)
    problem = _misfit(path, kind, rules)
    if problem:
        yield Entry(subject=plain, options=options, problem=problem)
        return
    subject = dataclasses.replace(
        plain,
        args=_last([rule.args for rule in rules]) or (),
        module=_last([rule.module for rule in rules]),
        env={name: value for rule in rules for name, value in (rule.env or {}).items()},
        cwd=_cwd(plain, _last([scope.config.cwd, *(rule.cwd for rule in rules)]), scope),
        python=_last([rule.python for rule in rules]),
    )
    for given in _last([rule.parameters for rule in rules]) or ({},):
        arguments = as_arguments(given) if kind == "script" else ()
        chosen = dataclasses.replace(subject, parameters=given, args=(*subject.args, *arguments))
        yield Entry(subject=chosen, options=options)


def _misfit(path: str, kind: str, rules: Iterable[Rule]) -> str:
    if kind == "script":
        return ""
    for rule in rules:
        for key in ("args", "module", "python"):
            if getattr(rule, key) is not None:
                told = f"is for scripts only, and {path} is a notebook"
                return str(ReprocheckError(told, where=f"{rule.where}.{key}"))
        for name in (name for each in rule.parameters or () for name in each):
            if not name.isidentifier():
                told = f"{name!r} is no name of a variable, as {path} needs it"
                return str(ReprocheckError(told, where=f"{rule.where}.parameters"))
    return ""


def _last(values: Iterable[T | None]) -> T | None:
    return next((value for value in reversed(list(values)) if value is not None), None)


def _cwd(subject: Subject, setting: str | None, scope: Scope) -> str | None:
    """The working directory relative to the root; None is the kind's own default."""
    if setting == "subject":
        folder = PurePosixPath(subject.path).parent.as_posix() if subject.kind == "script" else None
    elif setting is not None:
        folder = PurePosixPath(setting).as_posix()
    else:
        folder = _path_in_root(scope.invoked_from, scope.root) if subject.kind == "script" else None
    return None if folder == "." and subject.kind == "script" else folder
