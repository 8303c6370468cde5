"""Queries whose order is decided, or cannot matter: primary keys, aggregates, groups put into a dictionary, sorting."""

import sqlite3

import pandas as pd
from sqlalchemy import create_engine, text

database = sqlite3.connect(":memory:")
database.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY, city TEXT NOT NULL, day TEXT, amount INTEGER)")
database.executemany(
    "INSERT INTO orders VALUES (?, ?, ?, ?)",
    [
        (number, ["Bonn", "Kiel", "Ulm"][number % 3], f"2024-05-{1 + number % 9:02d}", number * 7 % 50)
        for number in range(90)
    ],
)

first = database.execute("SELECT id, amount FROM orders ORDER BY id LIMIT 5").fetchall()  # not: row-order
print("first orders", first)
largest = database.execute("SELECT id, amount FROM orders ORDER BY amount DESC, id LIMIT 5").fetchall()
print("largest orders", largest)
print("all of them", database.execute("SELECT COUNT(*), SUM(amount), MAX(day) FROM orders").fetchone())

by_city = dict(database.execute("SELECT city, SUM(amount) FROM orders GROUP BY city"))
for city in sorted(by_city):
    print(f"{city:6} {by_city[city]}")

days = pd.read_sql("SELECT day, amount FROM orders", database)
print(days.groupby("day")["amount"].sum().tolist())
print(sorted(row[0] for row in database.execute("SELECT DISTINCT city FROM orders")))

with create_engine("sqlite://").connect() as connection:
    connection.execute(text("CREATE TABLE rates (code TEXT PRIMARY KEY, rate REAL)"))
    connection.execute(text("INSERT INTO rates VALUES ('CHF', 0.95), ('GBP', 0.86), ('NOK', 11.6), ('DKK', 7.46)"))
    rates = {row.code: row.rate for row in connection.execute(text("SELECT code, rate FROM rates"))}
    print(", ".join(f"{code} {rates[code]}" for code in sorted(rates)))
