"""Reports in HTML: complete, escaped, self-contained, and readable without colours."""

from __future__ import annotations

import dataclasses
import re
from html.parser import HTMLParser
from typing import get_args

import pytest

from pytest_reprocheck.core.findings import Audit, Verdict
from pytest_reprocheck.core.trace import NotCompared
from pytest_reprocheck.report.html import render_html, render_page
from tests.report.audits import BROKEN, CHURN, HASH_ORDER, TRAIN, effect

PLAIN = dataclasses.replace(CHURN, parameters={})
HOSTILE = "</pre><script>alert(1)</script>\x1b[31m\n&<b onclick='x'>"
VOID = {"meta", "br"}


class Balance(HTMLParser):
    """Follows which elements are open."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _value in attrs}
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.text.append(data)


def parsed(html: str) -> Balance:
    found = Balance()
    found.feed(html)
    assert found.open == []
    return found


def test_a_finding_is_told_in_full() -> None:
    """Cause, place with its link and prompt, line, evidence, both values, remedy, trial, and how to replay it."""
    html = render_html(PLAIN, links={4: ("churn.ipynb#cell-id=x", "In [9]")}, notes=["In [3] ran."])
    text = " ".join("".join(parsed(html).text).split())
    assert '<a href="churn.ipynb#cell-id=x">cell[4]:2, In [9]</a>' in html
    for told in (
        "churn.ipynb: nondeterministic (1 confirmed)",
        "It gives other results when it is simply run again. 5 runs 21 s",
        "In [3] ran.",
        "cols = list(set(num) | set(cat))",
        "With the hash seed alone varied, exactly these differences come.",
        "ordering only; 2 of 5 columns moved",
        "0.861",
        "0.857",
        "Tried on a copy: with it, the runs no longer differ.",
        "reprocheck replay .reprocheck/last/churn.json",
        "not varied: listing, rows",
    ):
        assert told in text
    assert '<pre class="rc-copy" tabindex="0">cols = sorted(set(num) | set(cat))</pre>' in html


def test_only_code_is_copied() -> None:
    """Where a remedy goes stands above it."""
    finding = dataclasses.replace(HASH_ORDER, remedy="random.seed(0)   (before cell[2]:1)  (tried: gone)")
    html = render_html(dataclasses.replace(PLAIN, findings=(finding,)))
    assert '<pre class="rc-copy" tabindex="0">random.seed(0)</pre>' in html
    assert '<strong>Remedy</strong> <span class="rc-dim">before cell[2]:1</span>' in html


def test_whatever_comes_from_the_subject_is_escaped() -> None:
    """No text of the subject becomes an element or an attribute, wherever it stands."""
    hostile = dataclasses.replace(
        HASH_ORDER,
        source=HOSTILE,
        message=HOSTILE,
        remedy=HOSTILE,
        effects=(dataclasses.replace(effect(0), what=HOSTILE, a=HOSTILE, b=HOSTILE, note=HOSTILE),),
    )
    audit = dataclasses.replace(
        PLAIN,
        path=HOSTILE,
        reason=HOSTILE,
        detail=HOSTILE,
        findings=(hostile, dataclasses.replace(hostile, severity="info", allowed=HOSTILE)),
        not_compared=(NotCompared(what=HOSTILE, reason=HOSTILE),),
        remarks=(HOSTILE,),
        notes=(HOSTILE,),
    )
    html = render_html(audit, links={4: (f"#{HOSTILE}", HOSTILE)}, notes=[HOSTILE])
    found = parsed(html)
    assert not {"script", "b"} & found.tags
    assert "onclick" not in found.attributes
    assert "\x1b" not in html


@pytest.mark.parametrize("audit", [PLAIN, TRAIN, BROKEN], ids=["faulty", "sound", "broken"])
def test_pages_hold_all_they_need(audit: Audit) -> None:
    """Nothing is loaded from elsewhere, nothing is run, and the same audit gives the same bytes."""
    page = render_page([audit])
    found = parsed(page)
    assert not {"script", "link", "img", "iframe", "object"} & found.tags
    assert not re.search(r"https?:|@import|url\(", page)
    assert page == render_page([audit])


@pytest.mark.parametrize("verdict", get_args(Verdict))
def test_every_verdict_is_told_in_words(verdict: Verdict) -> None:
    """By a sentence, and a sign that is hidden from screen readers: no colour says anything alone."""
    html = render_html(dataclasses.replace(TRAIN, verdict=verdict, reason="why"))
    assert re.search(r'<span aria-hidden="true">[✓✗?■]</span> train.py: ' + verdict, html)
    assert re.search(r"<p>[A-Z][^<]+\. <span", html)


def test_long_lists_of_effects_are_folded_and_whole() -> None:
    """The first six are open, the others folded: none is left out."""
    many = dataclasses.replace(HASH_ORDER, effects=tuple(effect(number, a=f"value {number}") for number in range(9)))
    html = render_html(dataclasses.replace(PLAIN, findings=(many,)))
    assert "<summary>3 more</summary>" in html
    assert all(f"value {number}" in html for number in range(9))
