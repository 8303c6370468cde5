"""The latest price of every product; some were changed twice on a day, and the date does not tell which came last."""

import sqlite3

import pandas as pd

CHANGES = [
    (number, f"product {number % 12:02d}", f"2024-03-{1 + number // 12:02d}", round(5 + number * 0.37 % 4, 2))
    for number in range(120)
] + [(200 + number, f"product {number:02d}", "2024-03-10", 3.5 + number / 4) for number in range(0, 12, 2)]

database = sqlite3.connect(":memory:")
database.execute("CREATE TABLE prices (change INTEGER PRIMARY KEY, product TEXT, day TEXT, price REAL)")
database.executemany("INSERT INTO prices VALUES (?, ?, ?, ?)", CHANGES)

history = pd.read_sql("SELECT product, day, price FROM prices ORDER BY day DESC", database)  # expect: row-order
latest = history.drop_duplicates("product", keep="first").sort_values("product")
print(latest.to_string(index=False))
print(f"value of one of each: {latest['price'].sum():.2f}")
