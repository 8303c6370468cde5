import sqlite3

db = sqlite3.connect(":memory:")
db.execute("CREATE TABLE scores (name TEXT, score INTEGER)")
db.executemany("INSERT INTO scores VALUES (?, ?)", [(f"n{n}", n // 3) for n in range(30)])
table, limit = "scores", 4
top = db.execute(f"SELECT name FROM {table} ORDER BY score DESC LIMIT {limit}").fetchall()  # expect: row-order
print(top)
