"""The hashing trick done with hash(), which is salted anew in each process."""

import numpy as np
from sklearn.linear_model import LogisticRegression

SPAM = ["win cash now", "free cash prize", "claim free prize", "win a prize today", "cash offer ends now"]
HAM = ["meeting at noon", "lunch today", "notes of the meeting", "see the notes", "offer letter attached"]
BUCKETS = 8


def vectorise(text):
    row = np.zeros(BUCKETS)
    for word in text.split():
        row[hash(word) % BUCKETS] += 1  # expect: hash-order
    return row


X = np.array([vectorise(text) for text in SPAM + HAM])
y = [1] * len(SPAM) + [0] * len(HAM)
model = LogisticRegression().fit(X, y)
probability = model.predict_proba([vectorise("free lunch offer")])[0, 1]
print(f"spam probability {probability:.4f}")
