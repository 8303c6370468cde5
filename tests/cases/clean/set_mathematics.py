"""Sets of strings where the order cannot matter: sizes, membership, sums of integers, sorted copies, set operations."""

from collections import Counter

text = """the quick brown fox jumps over the lazy dog while the slow green turtle walks under the old stone bridge
and the fox and the turtle meet at the bridge"""
words = text.split()
known = {"the", "and", "at", "over", "under", "while"}

content = set(words) - known  # not: hash-order
print("distinct words", len(set(words)), "without stop words", len(content))
print("letters", sum(len(word) for word in content))
print("longest", max(len(word) for word in content), "any with z", any("z" in word for word in content))
counts = Counter(words)
for word in sorted(content)[:5]:
    print(f"{word:8} {counts[word]}")
lengths = {}
for word in content:
    lengths[len(word)] = lengths.get(len(word), 0) + 1
print("by length", [(length, lengths[length]) for length in sorted(lengths)])
print("stop words kept", sorted(known & set(words)) == sorted(word for word in known if word in words))
