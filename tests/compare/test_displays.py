"""Outputs in several forms: one difference, told by the form that says most; and outputs in another order."""

from __future__ import annotations

from pytest_reprocheck.compare.alignment import compare_traces
from pytest_reprocheck.core.findings import Difference
from pytest_reprocheck.core.tolerance import Tolerance
from pytest_reprocheck.core.trace import Trace
from tests.compare.values import Lab, display, observation, text, trace

TABLE = "<table><thead><tr><th></th><th>age</th></tr></thead><tr><th>x</th><td>{}</td></tr></table>"


def frame(value: object, words: str = "frame") -> object:
    """A frame as HTML and as plain text."""
    return display(text_html=text(TABLE.format(value), "text/html"), text_plain=text(f"{words}\nx {value}"))


def test_the_same_in_two_forms_is_one_difference(lab: Lab) -> None:
    """The richer form tells it; the parts of both are known."""
    judgement = lab.compare(frame(31), frame(33))  # type: ignore[arg-type]

    assert judgement is not None
    assert (judgement.a, judgement.b, judgement.note) == ("age[x]: 31", "age[x]: 33", "1 of 1 cells differ")
    assert judgement.parts == ("text/html: age[x]", "text/plain: line 2")


def test_what_only_the_poorer_form_shows_is_told(lab: Lab) -> None:
    """All forms are compared."""
    judgement = lab.compare(frame(31), frame(31, "other"))  # type: ignore[arg-type]

    assert judgement is not None
    assert (judgement.sameness.value, judgement.a, judgement.b) == ("different", "frame", "other")


def test_a_display_is_as_itself_and_as_one_with_another_address(lab: Lab) -> None:
    """Noise in one form is noise."""
    a, b = (
        display(text_html=text("<p>1</p>", "text/html"), text_plain=text(f"<C at 0x7f{digit * 10}>")) for digit in "ab"
    )

    assert lab.compare(a, a) is None
    assert lab.judged(a, b) == ("equal after normalisers", "address")


def test_a_form_that_one_run_lacks(lab: Lab) -> None:
    """It is named."""
    whole = display(text_html=text("<p>1</p>", "text/html"), text_plain=text("1"))

    assert lab.judged(whole, display(text_plain=text("1"))) == ("different", "text/html in one run only")
    assert lab.judged(whole, text("1"))[0] == "different"


def differences(a: Trace, b: Trace) -> list[Difference]:
    """Everything that is not identical."""
    return list(compare_traces(a, b, tolerance=Tolerance()).differences)


def outputs(*shown: str) -> Trace:
    """A step that displayed these."""
    facts = enumerate(shown)
    return trace(*(observation(i, text(content), what=f"output {i + 1} (text/plain)") for i, content in facts))


def test_outputs_in_another_order_are_one_difference() -> None:
    """As threads display them."""
    (found,) = differences(outputs("a", "b", "c"), outputs("c", "b", "a"))

    assert (found.sameness.value, found.note) == ("ordering only", "outputs reordered")
    assert found.a == "output 1 (text/plain), output 2 (text/plain), output 3 (text/plain)"


def test_one_output_more_is_one_difference() -> None:
    """Those that follow have other numbers, and are the same."""
    there = differences(outputs("a", "b", "c"), outputs("x", "a", "b", "c"))
    back = differences(outputs("x", "a", "b", "c"), outputs("a", "b", "c"))

    assert [(item.a, item.b) for item in there] == [("(absent)", "x")]
    assert [(item.a, item.b) for item in back] == [("x", "(absent)")]


def test_an_output_that_changes_beside_some_that_move() -> None:
    """Both are told."""
    found = differences(outputs("a", "b", "c"), outputs("b", "a", "d"))

    assert [(item.key.what, item.sameness.value) for item in found] == [
        ("output 3 (text/plain)", "different"),
        ("order of outputs", "ordering only"),
    ]


def test_equal_outputs_keep_their_places() -> None:
    """The same text twice is no order."""
    assert differences(outputs("a", "a", "b"), outputs("a", "a", "b")) == []
    assert [item.a for item in differences(outputs("a", "a", "b"), outputs("a", "c", "b"))] == ["a"]
