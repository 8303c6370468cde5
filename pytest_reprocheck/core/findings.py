"""What an audit says: differences, findings, verdict."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Literal

from pytest_reprocheck.core.conditions import Conditions, FactorName
from pytest_reprocheck.core.subjects import Json, SubjectKind, parameter_text
from pytest_reprocheck.core.trace import Aspect, NotCompared, Place

Verdict = Literal["blocked", "failed", "nondeterministic", "fragile", "drifted", "inconclusive", "reproducible"]
Severity = Literal["error", "warning", "info"]
FailOn = Literal["blocked", "failed", "nondeterministic", "fragile", "drifted", "inconclusive", "warning"]
FAILING: tuple[FailOn, ...] = ("failed", "nondeterministic", "fragile", "drifted", "inconclusive")
"""What stops a gate unless it is told otherwise."""
FactorState = Literal["applied", "not-applicable", "ineffective"]


class Sameness(Enum):
    """How much two values have in common, from everything to nothing."""

    IDENTICAL = "identical"
    NORMALISED = "equal after normalisers"
    TOLERANCE = "within tolerance"
    ORDERING = "ordering only"
    DECISIONS = "same decisions"
    DIFFERENT = "different"

    @property
    def counts(self) -> bool:
        """Whether a difference of this sameness counts against reproducibility."""
        return self in (Sameness.ORDERING, Sameness.DECISIONS, Sameness.DIFFERENT)


@dataclass(frozen=True, kw_only=True, slots=True)
class Key:
    """Identity of a comparable fact across the runs of one audit: what it is, where, and which occurrence."""

    aspect: Aspect
    what: str
    place: str
    """The step and the user's stack, as text."""
    occurrence: int = 0
    """0-based, among the facts that share the rest of the key."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """One node of the tree of what differs between two runs; the root of each tree is one observation."""

    key: Key
    place: Place
    """The user's line, cell or file the fact belongs to."""
    seq: int
    """Position of the fact in run A's log (in B's where A has none)."""
    sameness: Sameness
    a: str
    """Run A's value in one short line; ``(absent)`` where A has none."""
    b: str
    note: str = ""
    """What kind of difference, with its measure: ``23 of 2000 decisions flip, largest change 0.31``; normalisers
    that applied."""
    details: tuple[str, ...] = ()
    """Further lines: the parts that differ, most telling first."""
    parts: tuple[str, ...] = ()
    """Names of the parts that differ (lines of a text, paths in an object); what differs in any case is told from
    the rest by them."""
    about: str = ""
    pairs: tuple[tuple[str, str], ...] = ()
    """Differing lines of two texts, A's and B's, after normalisers; of the first ones only."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FactorReport:
    """Whether a factor really was varied."""

    status: FactorState
    reason: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Effect:
    """A difference that a cause made."""

    aspect: Aspect
    place: str
    what: str
    sameness: Sameness
    a: str
    b: str
    note: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """A cause with its effects, location, evidence and remedy."""

    id: str
    """The same for the same cause at the same source text, also after lines above it moved."""
    cause: str
    """Slug of the catalogue in ``core.causes``."""
    severity: Severity
    confirmed: bool
    """True only when an experiment that varied this cause alone, or a remedy that was run, showed it."""
    aspects: tuple[Aspect, ...]
    """Sorted."""
    location: Place
    source: str = ""
    """The located line of the user's code, stripped."""
    effects: tuple[Effect, ...]
    """In the order of run A's log."""
    message: str
    """Why this is the cause: the evidence in one sentence."""
    remedy: str = ""
    """What to write instead, and whether it was tried."""
    allowed: str = ""
    """The reason for which the user accepts it, and where that stands; its severity is ``info`` then."""


def finding_id(cause: str, location: Place, source: str) -> str:
    """Identity of a finding; line numbers are left out where there is a text to go by."""
    where = source or f"{location.cell}:{location.line}"
    return hashlib.sha256(f"{cause}\0{location.path}\0{where}".encode()).hexdigest()[:12]


@dataclass(frozen=True, kw_only=True, slots=True)
class Invocation:
    """How the subject was run, enough to run it again."""

    args: tuple[str, ...] = ()
    module: str | None = None
    env: Mapping[str, str] = field(default_factory=dict)
    cwd: str | None = None
    python: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Audit:
    """The result for one subject; one entry of the report's ``subjects``."""

    path: str
    kind: SubjectKind
    parameters: Mapping[str, Json] = field(default_factory=dict)
    verdict: Verdict
    reason: str = ""
    """One line why it failed, is blocked or inconclusive; empty otherwise."""
    detail: str = ""
    """The traceback of a subject that failed, as the user would have seen it."""
    runs: int = 0
    """Executions for finding and explaining; remedy trials are not among them."""
    trials: int = 0
    """Executions of remedied copies."""
    seconds: float = 0.0
    conditions: Mapping[str, Conditions] = field(default_factory=dict)
    """``A`` and ``B``."""
    factors: Mapping[FactorName, FactorReport] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    """Most severe first, then by place in the log."""
    not_compared: tuple[NotCompared, ...] = ()
    environment: Mapping[str, Json] = field(default_factory=dict)
    """Python, platform and the packages that the subject imported."""
    invocation: Invocation = field(default_factory=Invocation)
    workspace: str = ""
    """How the runs were kept from the user's tree: ``overlay``, ``copy`` or ``in-place``; empty for functions."""
    notes: tuple[str, ...] = ()
    """Where that is weaker than it could be, and why."""
    remarks: tuple[str, ...] = ()
    """What is wrong with the user's acceptances: unused, unknown, without a reason, expired; sorted."""
    memory: int = 0
    """Bytes that a run had in memory at most, as its supervisor measured them; 0 where nobody did."""
    results: str = ""
    """Digest of what A and B give alike, by which sets of parameters are compared; empty unless reproducible."""

    @property
    def name(self) -> str:
        """Path with parameters, as in pytest's node ids."""
        return self.path + parameter_text(self.parameters)

    @property
    def passed(self) -> bool:
        """Whether it is shown to be reproducible; a blocked subject neither passes nor fails."""
        return self.verdict == "reproducible"

    def fails(self, *, fail_on: Collection[FailOn] = FAILING, require_run: bool = False) -> bool:
        """Whether a gate stops it: its verdict is among ``fail_on``, or ``warning`` is and it has one.

        A blocked one is stopped where ``require_run`` says so, too.
        """
        warned = any(finding.severity == "warning" for finding in self.findings)
        stopped = self.verdict in fail_on or (warned and "warning" in fail_on)
        return stopped or (require_run and self.verdict == "blocked")
