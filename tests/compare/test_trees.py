"""Containers and objects: orders, members and attributes that differ, and what nothing is known of."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_reprocheck.compare.judging import Judgement
from pytest_reprocheck.compare.unknown import unknown_parts
from pytest_reprocheck.core.findings import Sameness
from pytest_reprocheck.core.values import Items, Value
from tests.compare.values import Lab, items, mapping, names, opaque, scalar, thing


def test_equal_trees_are_identical(lab: Lab) -> None:
    """Containers and objects have no difference with themselves."""
    value = mapping({"model": thing("m.Ridge", coef_=lab.array([1.0])), "names": names("a")})

    assert lab.compare(value, value) is None


def test_feature_names_in_another_order(lab: Lab) -> None:
    """The names are shown as they are read, in both orders."""
    assert lab.compare(names("age", "city", "plan"), names("plan", "age", "city"), aspect="features") == Judgement(
        sameness=Sameness.ORDERING,
        a="age, city, plan",
        b="plan, age, city",
        note="members reordered: plan moved from 2 to 0",
        parts=("all",),
    )


def test_a_long_list_is_cut(lab: Lab) -> None:
    """One line of 80 characters, and it says that there is more."""
    many = [f"feature_{i}" for i in range(40)]
    judgement = lab.compare(names(*many), names(*many[::-1]))

    assert judgement is not None
    assert len(judgement.a) <= 80
    assert judgement.a.endswith(" ...")


@pytest.mark.parametrize(
    ("a", "b", "sameness", "note"),
    [
        (names("a", "b"), names("a", "c"), "different", "names only in A: b, only in B: c"),
        (names("a"), names("a", "b"), "different", "names only in B: b"),
        (items([scalar(1)]), items([scalar(1)], "tuple"), "different", "type differs"),
        (items([scalar(0.5)]), items([scalar(0.5 + 1e-12)]), "within tolerance", ""),
        (items([scalar(1), scalar(2)], "set"), items([scalar(1), scalar(3)], "set"), "different", "member, member"),
        (mapping({"a": scalar(1), "b": scalar(2)}), mapping({"b": scalar(2), "a": scalar(1)}),
         "ordering only", "keys reordered: a and b swapped"),
        (mapping({"a": scalar(1.0), "b": scalar(2)}), mapping({"b": scalar(2), "a": scalar(1.0 + 1e-12)}),
         "ordering only", "keys reordered"),
        (mapping({"a": scalar(1), "b": scalar(2)}), mapping({"b": scalar(1), "a": scalar(2)}), "different", "a, b"),
        (mapping({1: scalar(1), "1": scalar(5)}), mapping({1: scalar(2), "1": scalar(5)}), "different", ""),
        (mapping({"x" * 50 + "1": scalar(1), "x" * 50 + "2": scalar(5)}),
         mapping({"x" * 50 + "1": scalar(2), "x" * 50 + "2": scalar(5)}), "different", ""),
        (items([scalar(1)], length=9, more="p"), items([scalar(1)], length=9, more="q"),
         "different", "differs beyond the first 1 members"),
        (mapping({"cv_results_": mapping({"mean_test_lead_time": scalar(1.0)})}),
         mapping({"cv_results_": mapping({"mean_test_lead_time": scalar(2.0)})}), "different", ""),
    ],
)  # fmt: skip
def test_verdicts_on_containers(a: Items, b: Items, sameness: str, note: str, lab: Lab) -> None:
    """Order, members, keys, type and number are told apart."""
    assert lab.judged(a, b) == (sameness, note)


def test_an_object_is_as_bad_as_its_worst_part_and_names_all(lab: Lab) -> None:
    """The paths lead to the very elements that differ; what is close is not among them."""

    def search(coef: float, names_: tuple[str, ...], depth: int, noise: float) -> Value:
        inner = thing("m.Ridge", coef_=lab.array([0.5, coef]), intercept_=scalar(1.0 + noise))
        return thing("m.Search", best_=inner, names_=names(*names_), parameters=mapping({"depth": scalar(depth)}))

    a, b = search(0.12, ("x", "y"), 3, 0.0), search(0.15, ("y", "x"), 5, 1e-12)
    judgement = lab.compare(a, b, aspect="training")

    assert judgement == Judgement(
        sameness=Sameness.DIFFERENT,
        a="best_.coef_[1] 0.12, parameters.depth 3",
        b="best_.coef_[1] 0.15, parameters.depth 5",
        note="best_, parameters",
        details=("best_.coef_[1]: 0.12 | 0.15", "parameters.depth: 3 | 5"),
        parts=("best_.coef_", "names_", "parameters.depth"),
    )


@pytest.mark.parametrize("whole", [True, False])
def test_an_attribute_that_is_missing_differs(whole: bool, lab: Lab) -> None:
    """The side that has it shows it."""
    a, b = thing("m.Ridge", coef_=scalar(1.0), complete=whole), thing("m.Ridge", complete=whole)
    judgement = lab.compare(a, b)

    assert judgement is not None
    assert (judgement.sameness, judgement.a, judgement.b) == (Sameness.DIFFERENT, "coef_ 1.0", "coef_ (absent)")


def test_objects_of_other_types_differ(lab: Lab) -> None:
    """The types are what is shown."""
    assert lab.compare(thing("m.Ridge"), thing("m.Lasso")) == Judgement(
        sameness=Sameness.DIFFERENT, a="m.Ridge", b="m.Lasso", note="type differs", parts=("all",)
    )


def test_times_that_a_search_measured_are_noise(lab: Lab) -> None:
    """``refit_time_`` and the durations in ``cv_results_`` go; a score beside them does not go with them."""

    def search(time: float, score: float) -> Value:
        results = mapping({"mean_fit_time": scalar(time), "mean_test_score": scalar(score)})
        return thing("m.GridSearchCV", cv_results_=results, refit_time_=scalar(time))

    same = lab.judged(search(0.1, 0.9), search(0.2, 0.9))
    other = lab.judged(search(0.1, 0.9), search(0.2, 0.8))

    assert same == ("equal after normalisers", "fit-times")
    assert other[0] == "different"


def test_attributes_that_were_not_kept_differ_when_nothing_else_explains_the_digest(lab: Lab) -> None:
    """All that was kept is equal, so the rest is not."""
    a, b = (thing("m.Forest", complete=False, more=more, depth=scalar(3)) for more in "pq")

    assert lab.judged(a, b) == ("different", "differs in parts too many or too deep to keep")


def test_attributes_that_were_not_kept_are_not_compared_when_noise_may_explain_the_digest(lab: Lab) -> None:
    """A measured time differs, so the digests do: of the rest nothing is known, and that is said."""
    a, b = (thing("m.Search", complete=False, refit_time_=scalar(time)) for time in (0.1, 0.2))
    judgement = lab.compare(a, b)

    assert judgement is not None
    assert judgement.sameness is Sameness.NORMALISED
    assert judgement.not_compared == ("attributes too many or too deep to keep",)


def test_an_unknown_part_hides_none_of_the_others(lab: Lab) -> None:
    """What has no digest is skipped, its neighbours are compared."""
    a, b = items([opaque(), scalar(1)]), items([opaque(), scalar(2)])

    assert lab.judged(a, b) == ("different", "")


def test_an_unknown_part_against_a_known_one_is_no_difference(lab: Lab) -> None:
    """Nothing is known, neither that they are equal nor that they are not."""
    judgement = lab.compare(thing("m.M", state=opaque()), thing("m.M", state=scalar(1)))

    assert judgement is not None
    assert judgement.sameness is Sameness.IDENTICAL


def test_unknown_parts_are_counted_by_type_and_reason() -> None:
    """A forest of a hundred unknown trees is one line."""
    value = mapping({"a": items([opaque(), opaque()]), "b": thing("m.M", x=opaque("m.Socket"), y=opaque(digest="1"))})

    assert unknown_parts(opaque()) == ("m.Lock: no canonical form",)
    assert unknown_parts(value) == ("m.Lock: no canonical form (2 parts)", "m.Socket: no canonical form (1 part)")


def test_unknown_parts_that_are_not_kept_are_told_too() -> None:
    """Their kinds stand beside the value; one that is kept as well is told once."""
    value = replace(items([opaque()]), unknown=("m.Lock: no canonical form", "m.Pipe: no canonical form"))

    assert unknown_parts(value) == (
        "m.Lock: no canonical form (1 part)",
        "m.Pipe: no canonical form (in parts that are not kept)",
    )


def test_numbers_of_workers_are_noise(lab: Lab) -> None:
    """A sound estimator does not depend on how many share its work; other parameters count."""
    a, b = (thing("m.Forest", n_jobs=scalar(number), depth=scalar(3)) for number in (2, 3))
    assert lab.judged(a, b) == ("equal after normalisers", "worker-count")
    deeper = thing("m.Forest", n_jobs=scalar(3), depth=scalar(4))
    assert lab.judged(a, deeper)[0] == "different"
