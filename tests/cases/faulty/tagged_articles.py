"""Tags of articles lie in a frozenset field; they are turned into codes where the articles are encoded."""

from encoding.articles import Article, encode

ARTICLES = [
    Article("a1", frozenset({"economy", "energy", "policy"})),
    Article("a2", frozenset({"energy", "transport"})),
    Article("a3", frozenset({"policy", "health", "research"})),
    Article("a4", frozenset({"transport", "research", "economy"})),
]
codes = encode(ARTICLES)
matrix = [[int(tag in article.tags) for tag in codes] for article in ARTICLES]
print("codes", codes)
print("matrix", matrix)
