"""A shuffled vocabulary changes every number below it, and a draw without a seed hides behind it."""

import numpy as np

TEXTS = ["red apple green pear", "green grape red plum", "yellow pear blue plum", "blue grape yellow apple"]
words = list({word for text in TEXTS for word in text.split()})  # expect: hash-order
matrix = np.array([[text.split().count(word) for word in words] for text in TEXTS], dtype=float)
print("matrix", matrix.tolist())

projection = np.random.normal(size=(len(words), 2))  # expect: unseeded-numpy
embedded = matrix @ projection
print("embedded", embedded.round(3).tolist())
print("spread", embedded.std().round(4))
