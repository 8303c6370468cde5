"""Customers come from a database in whatever order; the first 48 of them are the training set."""

import sqlite3

import numpy as np

database = sqlite3.connect(":memory:")
database.execute("CREATE TABLE customers (id INTEGER PRIMARY KEY, visits INTEGER, spent REAL)")
database.executemany(
    "INSERT INTO customers VALUES (?, ?, ?)",
    [(number, number % 17, 3.0 + 1.7 * (number % 17) + (number * 37 % 11)) for number in range(60)],
)


def load(connection):
    rows = connection.execute("SELECT visits, spent FROM customers WHERE visits > 0").fetchall()  # expect: row-order
    return np.array(rows, dtype=float)


table = load(database)
train, test = table[:48], table[48:]
slope, offset = np.polyfit(train[:, 0], train[:, 1], 1)
error = np.abs(slope * test[:, 0] + offset - test[:, 1]).mean()
print(f"spent = {offset:.3f} + {slope:.3f} * visits, error on the others {error:.3f}")
