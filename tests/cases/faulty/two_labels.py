"""Two classes, and whichever the set names first becomes the positive one."""

ANSWERS = ["yes", "no", "no", "yes", "yes", "no", "yes", "yes", "no"]
SCORES = [0.9, 0.2, 0.4, 0.7, 0.3, 0.6, 0.8, 0.55, 0.1]

positive, negative = set(ANSWERS)  # expect: hash-order
truth = [answer == positive for answer in ANSWERS]
predicted = [score > 0.5 for score in SCORES]
hits = sum(t and p for t, p in zip(truth, predicted))
precision = hits / sum(predicted)
recall = hits / sum(truth)
print(f"precision {precision:.3f} recall {recall:.3f}")
