"""The five best customers, asked for by a module of queries; several have the same turnover."""

import sqlite3

from queries.customers import best

database = sqlite3.connect(":memory:")
database.execute("CREATE TABLE customers (name TEXT PRIMARY KEY, turnover INTEGER, region TEXT)")
database.executemany(
    "INSERT INTO customers VALUES (?, ?, ?)",
    [(f"customer {n:02d}", 100 * (n % 4), "NS"[n % 2]) for n in range(30)],
)
chosen = best(database, 5)
print("invited", ", ".join(name for name, _ in chosen))
print("turnover", sum(turnover for _, turnover in chosen))
