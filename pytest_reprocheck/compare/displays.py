"""Comparator for an output in several forms: what they all say is one difference, told by the form that says most."""

from __future__ import annotations

from dataclasses import replace

from pytest_reprocheck.compare.judging import Context, Judgement, combined
from pytest_reprocheck.compare.trees import Compare
from pytest_reprocheck.core.findings import Sameness
from pytest_reprocheck.core.mimes import richest_first
from pytest_reprocheck.core.values import Display


def compare_displays(a: Display, b: Display, context: Context, compare: Compare) -> Judgement | None:
    """None when all forms are equal."""
    if a.digest == b.digest:
        return None
    mimes = richest_first({*a.forms, *b.forms})
    judgements = [(mime, _compare_form(mime, a, b, context, compare)) for mime in mimes]
    whole = combined([(mime, judgement) for mime, judgement in judgements if judgement is not None])
    if whole is None:
        return None
    telling = _first_of(whole.sameness, judgements)
    # Forms of the same content differ for the same reason: one of them tells it. The parts of all are known, so that
    # what differs in any case is subtracted from each.
    return replace(
        whole,
        a=telling.a,
        b=telling.b,
        note=whole.note if whole.sameness is Sameness.NORMALISED else telling.note,
        details=telling.details,
        pairs=telling.pairs,
    )


def _first_of(sameness: Sameness, judgements: list[tuple[str, Judgement | None]]) -> Judgement:
    return next(judgement for _mime, judgement in judgements if judgement and judgement.sameness is sameness)


def _compare_form(mime: str, a: Display, b: Display, context: Context, compare: Compare) -> Judgement | None:
    if mime in a.forms and mime in b.forms:
        return compare(a.forms[mime], b.forms[mime], context)
    here, there = (mime, "(absent)") if mime in a.forms else ("(absent)", mime)
    return Judgement(sameness=Sameness.DIFFERENT, a=here, b=there, note=f"{mime} in one run only", parts=("all",))
