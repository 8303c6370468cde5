"""Where a suspect's cause may stand in the user's code, what happens there, and what would remove it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pytest_reprocheck.core.conditions import factor_of
from pytest_reprocheck.core.findings import Difference
from pytest_reprocheck.core.sources import Unit, unit_at
from pytest_reprocheck.core.trace import DRAWS, Event, Place, Trace
from pytest_reprocheck.diagnose.attribution import failing
from pytest_reprocheck.diagnose.concluding import draw_message, factor_message, order_message, read_message
from pytest_reprocheck.diagnose.experiments import HASH, Suspect
from pytest_reprocheck.diagnose.location import locate_event, rank_candidates
from pytest_reprocheck.diagnose.reads import assigned_lines, find_reads, spelled_by_locale
from pytest_reprocheck.diagnose.remedies import remedies_for_draw, remedies_for_order, remedies_for_read
from pytest_reprocheck.diagnose.sharing import shared_change
from pytest_reprocheck.diagnose.unordered import Candidate
from pytest_reprocheck.diagnose.wording import Remedy


@dataclass(frozen=True, kw_only=True, slots=True)
class Proposal:
    """Where a suspect's cause may stand, and what would remove it."""

    suspect: Suspect
    location: Place
    message: str
    """What happens there, in one clause."""
    remedies: tuple[Remedy, ...]
    """Never empty, the likeliest first; further ones are for when it does not work."""

    @property
    def remedy(self) -> Remedy:
        """The likeliest."""
        return self.remedies[0]


@dataclass(frozen=True, kw_only=True, slots=True)
class Scene:
    """What there is to locate a cause by."""

    a: Trace
    varied: Trace
    """The run of the experiment."""
    units: tuple[Unit, ...]
    candidates: tuple[Candidate, ...]
    """Places where the code that ran may depend on hash order."""
    subject_path: str


def proposals(suspect: Suspect, differences: Sequence[Difference], scene: Scene) -> list[Proposal]:
    """The likeliest first; never empty but for hash order that reading the code did not find.

    An event is at its line. Hash order has the places in the code that can make an order of a set; other factors
    without events have the line that failed, else the likeliest place in the code that reads what they vary, else the
    first fact that differs.
    """
    if suspect.events:
        return [_of_event(suspect, differences, scene)]
    if suspect == HASH:
        return [
            Proposal(
                suspect=suspect,
                location=candidate.place,
                message=order_message(candidate.kind),
                remedies=remedies_for_order(candidate, scene.units),
            )
            for candidate in rank_candidates(scene.candidates, differences, scene.a)
        ]
    factor = factor_of(suspect.knob)
    ranked = rank_candidates(find_reads(scene.units, factor), differences, scene.a)
    return [
        Proposal(
            suspect=suspect,
            location=_place_of(ranked, differences, scene),
            message=factor_message(factor, failed=_fails(scene), is_read=bool(ranked)),
            remedies=remedies_for_read(factor, None, scene.units),
        )
    ]


def _of_event(suspect: Suspect, differences: Sequence[Difference], scene: Scene) -> Proposal:
    event = locate_event(suspect, differences)
    if event.source in DRAWS:
        others = _estimators_beside(event, suspect)
        message = draw_message(event, others)
        remedies = remedies_for_draw(event, scene.subject_path, scene.units, others=others)
    else:
        message, remedies = read_message(event), remedies_for_read(factor_of(suspect.knob), event, scene.units)
    location = event.stack[0].place if event.stack else failing(differences)[0].place
    if event.what == "locale.setlocale":
        spelled = rank_candidates(spelled_by_locale(scene.units), differences, scene.a)
        location = spelled[0].place if spelled else location
    location = shared_change(event, scene.units) or location
    return Proposal(suspect=suspect, location=location, message=message, remedies=remedies)


def _estimators_beside(event: Event, suspect: Suspect) -> list[str]:
    """Other classes of estimators that draw from the same stream at the event's line, in the order of the log."""
    if event.source != "estimator":
        return []
    there = [each.what for each in suspect.events if each.stack[:1] == event.stack[:1] and each.what != event.what]
    return [what.removeprefix("sklearn ") for what in dict.fromkeys(there)]


def _fails(scene: Scene) -> bool:
    return scene.varied.outcome.status != "finished" and scene.a.outcome.status == "finished"


def _place_of(reads: Sequence[Candidate], differences: Sequence[Difference], scene: Scene) -> Place:
    if _fails(scene) and scene.varied.outcome.place is not None:
        return scene.varied.outcome.place
    return reads[0].place if reads else _line_of(differences[0].place, differences, scene)


def _line_of(place: Place, differences: Sequence[Difference], scene: Scene) -> Place:
    """A cell's line that assigns the first variable which differs there; the cell, where none does."""
    unit = unit_at(scene.units, place)
    if place.line is not None or unit is None:
        return place
    lines = assigned_lines(unit)
    names = (each.key.what.removeprefix("variable ") for each in differences if each.place == place)
    return next((replace(place, line=lines[name]) for name in names if name in lines), place)
