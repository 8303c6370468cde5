"""A vocabulary that passes through sets, unions and a reduction, and is sorted before it becomes columns."""

from collections import Counter
from functools import reduce

DOCUMENTS = [
    "the model overfits the small sample",
    "a small learning rate helps the model",
    "regularise when the sample is small",
]


def tokens(document):
    return {word for word in document.split() if len(word) > 2}


def vocabulary(documents):
    everything = reduce(set.union, map(tokens, documents))  # not: hash-order
    return sorted(everything)


counts = Counter()
for document in DOCUMENTS:
    counts.update(tokens(document))
columns = vocabulary(DOCUMENTS)
ranked = sorted(counts, key=lambda word: (-counts[word], word))
print(columns)
print(ranked[:4])
print([[int(column in tokens(document)) for column in columns] for document in DOCUMENTS])
