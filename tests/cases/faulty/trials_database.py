import sqlite3

db = sqlite3.connect("trials.db")  # expect: leftover-state
db.execute("CREATE TABLE IF NOT EXISTS trials (score REAL)")
db.execute("INSERT INTO trials VALUES (?)", (0.25,))
db.commit()
print("trials", db.execute("SELECT count(*), sum(score) FROM trials").fetchone())
