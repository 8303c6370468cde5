"""Sets where sets belong: membership, sizes, unions; what is printed is sorted."""

from statistics import fmean

TEXTS = {
    "first": "the ship sailed north with the wind",
    "second": "the wind turned and the ship came home",
    "third": "a quiet harbour and a long winter",
}
words = {name: set(text.split()) for name, text in TEXTS.items()}
common = set.intersection(words["first"], words["second"])
everything = set().union(*words.values())


def jaccard(one, other):
    return len(one & other) / len(one | other)


print("common", sorted(common))
print("different", len(everything), "letters", sum(map(len, everything)))  # not: hash-order
print("mean similarity", round(fmean([jaccard(words["first"], words[name]) for name in ("second", "third")]), 4))
longest = max(everything, key=lambda word: (len(word), word))
print("longest", longest, "with a", sum("a" in word for word in everything))
unseen = {word: None for word in "harbour storm wind".split() if word not in everything}
print("unseen", list(unseen))
