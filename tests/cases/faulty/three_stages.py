"""Files, then a vocabulary, then a model: each stage has its own fault, and the report has one more."""

from pathlib import Path
import random

from stages.reading import documents, write_documents
import numpy as np
from sklearn.tree import DecisionTreeClassifier

write_documents(Path("staged_notes"))
texts, labels = documents("staged_notes")
terms = list({word for text in texts for word in text.split()})  # expect: hash-order
matrix = np.array([[text.split().count(term) for term in terms] for text in texts])
tree = DecisionTreeClassifier(max_features=2, random_state=4).fit(matrix, labels)
print("order of reading", labels)
print("terms", terms[:5])
print("depth", tree.get_depth(), "leaves", tree.get_n_leaves())
print("spot check", random.sample(range(100), 3))  # expect: unseeded-random
