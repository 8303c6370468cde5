"""A database in memory with orders in it."""

from sqlalchemy import Column, Float, Integer, MetaData, String, Table, create_engine

metadata = MetaData()
orders = Table(
    "orders",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("city", String),
    Column("weight", Float),
    Column("distance", Float),
    Column("price", Float),
)


def filled_engine():
    engine = create_engine("sqlite://")
    metadata.create_all(engine)
    cities = ("Aarhus", "Bergen", "Cork", "Delft", "Espoo")
    rows = [
        {
            "city": cities[number % 5],
            "weight": 0.5 + number * 7 % 23,
            "distance": 10.0 + number * 31 % 97,
            "price": 4.0 + (number * 7 % 23) * 0.7 + (number * 31 % 97) * 0.11 + number * 13 % 5,
        }
        for number in range(70)
    ]
    with engine.begin() as connection:
        connection.execute(orders.insert(), rows)
    return engine
