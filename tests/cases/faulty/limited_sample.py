"""A sample of readings for a quick estimate: LIMIT takes those that the database happens to come across first."""

import pandas as pd
from sqlalchemy import create_engine, text

engine = create_engine("sqlite://")


def fill(connection):
    connection.execute(text("CREATE TABLE readings (id INTEGER PRIMARY KEY, station TEXT, level REAL)"))
    rows = [{"station": "abc"[number % 3], "level": 2 + (number * 61 % 97) / 10} for number in range(300)]
    connection.execute(text("INSERT INTO readings (station, level) VALUES (:station, :level)"), rows)


def sample(connection, size):
    query = text("SELECT station, level FROM readings WHERE level > 3 LIMIT :size")
    return pd.read_sql(query, connection, params={"size": size})  # expect: row-order


with engine.connect() as connection:
    fill(connection)
    taken = sample(connection, 40)
print(taken.groupby("station")["level"].agg(["count", "mean"]).round(3))
