"""Terms that all documents of a topic share, found by folding intersections; their weights follow their places."""

from functools import reduce

DOCUMENTS = [
    "solver converges slowly when features are badly scaled and noisy",
    "badly scaled features make the solver noisy and slow",
    "noisy features and a badly chosen solver give scaled errors",
]


def terms(text):
    return {word for word in text.split() if len(word) > 4}


shared = reduce(lambda left, right: left & right, map(terms, DOCUMENTS))
weights = {}
for place, term in enumerate(shared, start=1):  # expect: hash-order
    weights[term] = round(1 / place, 3)
print("terms", len(shared))
print("weights", weights)
