"""Findings without experiments: what the log and the code of two runs suggest, and nothing has confirmed."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from pytest_reprocheck.core.conditions import FactorName, factor_of
from pytest_reprocheck.core.findings import Difference, Finding, Sameness
from pytest_reprocheck.diagnose.attribution import failing, nearest
from pytest_reprocheck.diagnose.concluding import Evidence, conclude, with_proof
from pytest_reprocheck.diagnose.experiments import (
    HASH,
    Suspect,
    find_suspects,
    last_reached,
    without_evidence,
)
from pytest_reprocheck.diagnose.location import rank_candidates
from pytest_reprocheck.diagnose.proposals import Scene, proposals
from pytest_reprocheck.diagnose.reads import find_reads
from pytest_reprocheck.diagnose.severity import severity_of

Clocks = Sequence[Sequence[int]] | None
_ORDERS = frozenset({"hash", "listing", "rows", "completion"})
"""Factors that change the order of things."""
_NO_EVIDENCE = "it differs between A and B, and neither the log nor the code tells why; explaining runs would"


def suggest(
    scene: Scene, differences: Sequence[Difference], factors: Collection[FactorName], clocks: Clocks = None
) -> tuple[Finding, ...]:
    """A finding for each suspect that a difference is put down to, in the order of the first of them.

    Args:
        scene: the two runs, and the code that ran.
        differences: all that count, state among them, in A's order; at least one reaches a result.
        factors: that were varied.
        clocks: the nanoseconds that A read from each clock, where they are known.
    """
    suspects = find_suspects(
        scene.a,
        scene.varied,
        factors=factors,
        unordered=bool(scene.candidates),
        first=min(difference.seq for difference in differences),
        last=last_reached(differences),
    )
    in_code = [
        each
        for each in without_evidence(suspects, factors)
        if each != HASH and find_reads(scene.units, factor_of(each.knob))
    ]
    shares: dict[Suspect | None, list[Difference]] = {}
    for difference in failing(differences):
        suspect = _likeliest(suspects, difference, scene, clocks) or next(iter(in_code), None)
        shares.setdefault(suspect, []).append(difference)
    return tuple(_finding(suspect, share, differences, scene, clocks) for suspect, share in shares.items())


def _likeliest(suspects: Sequence[Suspect], difference: Difference, scene: Scene, clocks: Clocks) -> Suspect | None:
    """A shown date goes to the clock, a mere order to what gives one, all else to the nearest evidence before it."""
    clock = next((each for each in suspects if each.knob == "clock"), None)
    if _is_shown(clock, difference, scene, clocks):
        return clock
    strong = [each for each in suspects if not each.weak]
    ordering = [each for each in strong if difference.sameness is Sameness.ORDERING and each.knob in _ORDERS]
    for group in (ordering, strong, [each for each in suspects if each.weak]):
        possible = [each for each in group if _may_reach(each, difference, scene)]
        if possible:
            return nearest(possible, difference)
    return None


def _is_shown(clock: Suspect | None, difference: Difference, scene: Scene, clocks: Clocks) -> bool:
    """Whether what differs is a moment or a duration; a picture may show anything."""
    if clock is None or "(image/" in difference.key.what or difference.key.what.startswith("figure"):
        return False
    return severity_of("clock", [difference], scene.varied.conditions, clocks) == "warning"


def _may_reach(suspect: Suspect, difference: Difference, scene: Scene) -> bool:
    if suspect == HASH:
        return bool(rank_candidates(scene.candidates, [difference], scene.a))
    return not suspect.events or suspect.events[0].seq <= difference.seq


def _finding(
    suspect: Suspect | None,
    share: Sequence[Difference],
    differences: Sequence[Difference],
    scene: Scene,
    clocks: Clocks,
) -> Finding:
    if suspect is None:
        evidence = Evidence(
            cause="unexplained", location=share[0].place, message=_NO_EVIDENCE, confirmed=False, remedy=""
        )
        return conclude(evidence, share, scene.units)
    proposal = proposals(suspect, [*_on_the_way(suspect, share, differences, scene), *share], scene)[0]
    evidence = Evidence(
        cause=suspect.cause,
        location=proposal.location,
        message=with_proof(suspect.knob, proposal.message, "suggested"),
        confirmed=False,
        remedy=f"{proposal.remedy.text}  (not tried)" if proposal.remedy.edits else proposal.remedy.text,
        severity=severity_of(factor_of(suspect.knob), share, scene.varied.conditions, clocks),
    )
    return conclude(evidence, share, scene.units)


def _on_the_way(
    suspect: Suspect, share: Sequence[Difference], differences: Sequence[Difference], scene: Scene
) -> list[Difference]:
    """The variables made where sets may be put in an order, as far as they differ before what is reached."""
    if suspect != HASH:
        return []
    made = {f"variable {name}" for candidate in scene.candidates for name in candidate.targets}
    return [each for each in differences if each.key.what in made and each.seq <= share[0].seq]
