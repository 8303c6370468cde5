"""The most common words over documents, each counted once for a document; ties go to whichever came first."""

import re
from collections import Counter

REVIEWS = """
The hotel was clean and the breakfast was good
Good location but the room was small and noisy
Breakfast was small but the staff was friendly
Clean room friendly staff and a quiet location
A noisy street but a clean and quiet courtyard
""".strip().splitlines()
STOP = frozenset("a and but the was".split())


class DocumentFrequency:
    def __init__(self):
        self.counts = Counter()
        self.documents = 0

    def add(self, text):
        words = set(re.findall(r"[a-z]+", text.lower())) - STOP
        self.counts.update(words)  # expect: hash-order
        self.documents += 1

    def top(self, size):
        return [word for word, _ in self.counts.most_common(size)]


frequency = DocumentFrequency()
for review in REVIEWS:
    frequency.add(review)
vocabulary = frequency.top(6)
print("vocabulary", vocabulary)
for review in REVIEWS[:2]:
    print([review.lower().split().count(word) for word in vocabulary])
