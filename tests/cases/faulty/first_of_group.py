"""One representative of each cluster of synonyms: the first that an iterator over the set gives."""

import itertools

PAIRS = [
    ("car", "auto"),
    ("auto", "vehicle"),
    ("sofa", "couch"),
    ("couch", "settee"),
    ("film", "movie"),
    ("movie", "picture"),
]


def clusters(pairs):
    groups = []
    for pair in pairs:
        joined = set(pair)
        for group in [g for g in groups if g & joined]:
            joined |= group
            groups.remove(group)
        groups.append(joined)
    return groups


def representative(group):
    return next(iter(group))  # expect: hash-order


chosen = {}
for group in clusters(PAIRS):
    name = representative(group)
    chosen.update(dict.fromkeys(sorted(group), name))
text = "a picture of a settee in a vehicle".split()
print(" ".join(chosen.get(word, word) for word in text))
print(len(list(itertools.chain.from_iterable(clusters(PAIRS)))), "words in clusters")
