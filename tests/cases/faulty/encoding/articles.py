"""Articles and the codes of their tags."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Article:
    name: str
    tags: frozenset[str]


def encode(articles):
    """Tag -> code, in the order of first appearance."""
    codes = {}
    for article in articles:
        for tag in article.tags:  # expect: hash-order
            codes.setdefault(tag, len(codes))
    return codes
