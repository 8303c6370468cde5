# vary: network
"""A mirror near by is chosen where there is a network."""

from mirrors.choice import mirror

rows = {"local": [3.0, 4.5, 1.25], "near": [3.0, 4.5, 1.5]}
print("mean", round(sum(rows[mirror()]) / 3, 4))
