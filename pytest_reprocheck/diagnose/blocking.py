"""Why a subject could not be audited: what it needs is not here, or it would have written to another machine.

What it needs is told from what it raised: in both runs alike, before the first result. A fault of the subject's own (a
misspelt import, a file that it should have written itself) stays a failure.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from pytest_reprocheck.core.trace import Observation, Place, Refusal, Trace
from pytest_reprocheck.core.values import Scalar, Text
from pytest_reprocheck.diagnose.requirements import RULES, Need, distribution

NO_NETWORK = "(no network)"
"""What the refusals of a run without a network end with: they block only what could not do without."""

_RESULTS = frozenset({"outputs", "training", "predictions"})
_NO_RESULTS = frozenset({"stderr", "error"})
"""Outputs that are no results: noise, and the exception itself."""
_NEAR = 0.8
_LAST_LINES = 3
"""Of standard error that may say why a run ended itself."""
_NAMESPACES = frozenset({"google", "azure"})
"""Packages that exist as soon as one of their parts is installed."""
_WRITING = re.compile(
    r"""open\([^)]*['"][wax]b?\+?['"]|\.to_\w+\(|\.(?:write|save|dump|mkdir|unlink|touch|sink)_?\w*\(|"""
    r"\b(?:os|shutil)\.\w+\(|\b(?:makedirs|rmtree|savefig|save|dump|chdir)\("
)
"""A line that makes, changes or removes something: what it misses is no input."""
_PATHS = (
    re.compile(r"No such file or directory: b?'((?:[^'\\]|\\.)*)'"),
    re.compile(r"No such file or directory(?: \(os error 2\))?: (\S+)"),
    re.compile(r"^File (\S+) does not exist"),
    re.compile(r"^(\S+) not found\.$"),
    re.compile(r"No files found that match the pattern \"([^\"]+)\""),
    re.compile(r"Failed to open local file '([^']+)'"),
    re.compile(r"^(\S+)$"),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Project:
    """What the user has there already."""

    root: str
    """Absolute path."""
    files: frozenset[str] = frozenset()
    """POSIX paths relative to the root."""

    @property
    def modules(self) -> frozenset[str]:
        """Names under which own code could be imported."""
        own = [PurePosixPath(file) for file in self.files if file.endswith(".py")]
        return frozenset({*(path.stem for path in own), *(part for path in own for part in path.parts[:-1])})


@dataclass(frozen=True, kw_only=True, slots=True)
class Blocked:
    """Why a subject could not run here."""

    place: Place | None
    reason: str
    hint: str
    """What unblocks it, as a sentence without its full stop."""

    def __str__(self) -> str:
        located = f"{self.place}: {self.reason}" if self.place is not None else self.reason
        return f"{located}. {self.hint}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Failure:
    """What a run ended with."""

    kind: str
    """The exception's bare name; empty for an exit."""
    text: str
    """Its whole message."""
    detail: str
    """The traceback."""
    line: str
    """The user's line, as far as the traceback shows it."""


def find_blocker(a: Trace, b: Trace, project: Project) -> Blocked | None:
    """What blocked the two runs of a subject, None for nothing."""
    refused = find_refused(a, b)
    if refused is not None:
        return refused
    failure = _failure(a)
    if failure is None or not _alike(a, b) or any(map(_is_result, (*a.observations, *b.observations))):
        return None
    for find in (_missing_package, _missing_file, _missing_requirement):
        need = find(failure, a, project)
        if need is not None:
            return _blocked(need, a)
    return None


def find_refused(a: Trace, b: Trace) -> Blocked | None:
    """What the two runs were kept from writing to another machine, None for nothing."""
    writes = [each for each in (*a.refusals, *b.refusals) if not each.what.endswith(NO_NETWORK)]
    return _would_write(writes) if writes else None


def _would_write(writes: Sequence[Refusal]) -> Blocked:
    first = writes[0]
    place = first.stack[0].place if first.stack else None
    if not first.host:
        return Blocked(
            place=place,
            reason=f"would write outside of the project: {first.what}",
            hint="Runs beside the real one do not touch other files; let it write to the project or to TMPDIR",
        )
    hosts = sorted({each.host for each in writes})
    others = len({(each.what, each.stack[:1]) for each in writes}) - 1
    more = f", and {others} more like it" if others else ""
    listed = ", ".join(f'"{host}"' for host in hosts)
    return Blocked(
        place=place,
        reason=f"would write to {first.host}: {first.what}{more}",
        hint=f"If every run of an audit may do so, set `allow-writes = [{listed}]`",
    )


def _blocked(need: Need, trace: Trace) -> Blocked:
    refused = [each.what for each in trace.refusals]
    if need.kind == "host" and refused:
        reason = f"needs the network: {refused[0].removesuffix(NO_NETWORK).strip()}"
        return Blocked(place=trace.outcome.place, reason=reason, hint="Run it without `no-network`")
    return Blocked(place=trace.outcome.place, reason=need.reason, hint=need.hint)


def _alike(a: Trace, b: Trace) -> bool:
    """Whether both ended in the same way at the same line; messages may hold addresses and times."""
    first, second = _failure(a), _failure(b)
    if first is None or second is None:
        return False
    return (first.kind, a.outcome.status, a.outcome.place) == (second.kind, b.outcome.status, b.outcome.place)


def _is_result(observation: Observation) -> bool:
    if observation.aspect not in _RESULTS or observation.what in _NO_RESULTS:
        return False
    return not isinstance(observation.value, (Text, Scalar)) or bool(observation.value.text.strip())


def _failure(trace: Trace) -> Failure | None:
    """None for a run that came to its end, was killed or timed out."""
    outcome = trace.outcome
    if outcome.status not in ("raised", "exited"):
        return None
    printed = "".join(
        each.value.text for each in trace.observations if each.what == "stderr" and isinstance(each.value, Text)
    )
    detail = outcome.detail or printed
    if outcome.status == "exited":
        last = "\n".join(printed.strip().splitlines()[-_LAST_LINES:])
        text = last if outcome.message.startswith("exit code") else outcome.message
        return Failure(kind="", text=text, detail=detail, line="")
    name, _, text = outcome.message.partition(":")
    start = detail.rfind(outcome.message)
    whole = detail[start + len(name) + 1 :] if start >= 0 else text
    return Failure(
        kind=name.rpartition(".")[2], text=whole.strip(), detail=detail, line=_users_line(detail, outcome.place)
    )


def _users_line(detail: str, place: Place | None) -> str:
    if place is None or place.line is None:
        return ""
    if place.cell is not None:
        cells = [part for part in re.split(r"(?m)^(?=File |Cell In)", detail) if part.startswith("Cell In")]
        return "\n".join(line for part in cells for line in re.findall(r"^-*> *\d+ (.*)$", part, re.MULTILINE))
    frame = rf'File "[^"]*{re.escape(place.path)}", line {place.line}, in .*\n\s+(.*)'
    return "\n".join(re.findall(frame, detail))


def _missing_package(failure: Failure, _trace: Trace, project: Project) -> Need | None:
    if failure.kind not in ("ModuleNotFoundError", "ImportError"):
        return None
    found = re.search(r"No module named '([\w.]+)'", failure.text)
    if found is None or failure.kind == "ImportError":
        return None  # a wrong name in a module that is there, unless its message says what to install
    name, top = found[1], found[1].partition(".")[0]
    if ("." in name and top not in _NAMESPACES) or difflib.get_close_matches(top, project.modules, 1, _NEAR):
        return None
    return Need(kind="package", reason=f"needs the package {name!r}", hint=f"Run `pip install {distribution(name)}`")


def _missing_file(failure: Failure, trace: Trace, project: Project) -> Need | None:
    if failure.kind not in ("FileNotFoundError", "IOException"):
        return None
    matches = (pattern.search(failure.text) for pattern in _PATHS)
    path = next((match[1] for match in matches if match is not None), "")
    if not path:
        return None
    if "_execute_child" in failure.detail:
        return Need(kind="program", reason=f"needs the program {path!r}", hint="Install it, or add it to PATH")
    own = path.removeprefix(f"{project.root}/").removeprefix("./")
    if _WRITING.search(failure.line) or _is_own(own, trace, project):
        return None
    return Need(kind="file", reason=f"needs the file {own}", hint="Put it there")


def _is_own(path: str, trace: Trace, project: Project) -> bool:
    """Whether a file is the subject's business: there under this name, or in a folder that the run writes into."""
    wanted = PurePosixPath(path)
    if any(PurePosixPath(file).name == wanted.name for file in project.files):
        return True
    written = [*trace.written, *(access.path for access in trace.accesses if access.kind == "written")]
    folder = wanted.parent if wanted.parent != PurePosixPath() else None
    return any(PurePosixPath(each) == wanted or PurePosixPath(each).parent == folder for each in written)


def _missing_requirement(failure: Failure, _trace: Trace, _project: Project) -> Need | None:
    for rule in RULES:
        if need := rule(failure.kind, failure.text, failure.detail):
            return need
    return None
