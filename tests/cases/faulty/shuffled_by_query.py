import sqlite3

db = sqlite3.connect(":memory:")
db.execute("CREATE TABLE trips (km INTEGER)")
db.executemany("INSERT INTO trips VALUES (?)", [(number,) for number in range(100)])
sample = db.execute("SELECT km FROM trips ORDER BY random() LIMIT 10").fetchall()  # expect: os-entropy
print("sum", sum(km for (km,) in sample))
