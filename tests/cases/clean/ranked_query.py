"""Windows, groups and joins whose order is decided by a key, or that are put into dictionaries."""

import sqlite3

database = sqlite3.connect(":memory:")
database.execute("CREATE TABLE runs (id INTEGER PRIMARY KEY, model TEXT, score REAL)")
database.executemany(
    "INSERT INTO runs (model, score) VALUES (?, ?)",
    [("abc"[n % 3], round((n * 37 % 50) / 50, 2)) for n in range(45)],
)
best = database.execute(
    """
    SELECT model, MAX(score) AS best
    FROM runs
    GROUP BY model
    ORDER BY model
    """
).fetchall()
top = database.execute("SELECT id, score FROM runs ORDER BY score DESC, id LIMIT 4").fetchall()  # not: row-order
one = database.execute("SELECT score FROM runs WHERE id = ?", (7,)).fetchone()
print(best)
print(top, one)
print(sorted(database.execute("SELECT score, id FROM runs WHERE model = 'a'"))[:3])
