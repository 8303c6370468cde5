"""Queries whose order does not matter, or is said in full."""

from sqlalchemy import Column, Float, Integer, MetaData, String, Table, create_engine, func, select

metadata = MetaData()
items = Table(
    "items", metadata, Column("id", Integer, primary_key=True), Column("kind", String), Column("price", Float)
)
engine = create_engine("sqlite://")
metadata.create_all(engine)
with engine.begin() as connection:
    connection.execute(
        items.insert(), [{"kind": "abc"[number % 3], "price": 1.5 * (number * 7 % 11)} for number in range(30)]
    )
with engine.connect() as connection:
    highest = connection.execute(select(func.max(items.c.price), func.count())).one()
    kinds = {row.kind for row in connection.execute(select(items.c.kind))}  # not: row-order
    first = connection.execute(select(items).order_by(items.c.price.desc(), items.c.id).limit(4)).all()
    one = connection.execute(select(items.c.price).where(items.c.id == 7)).scalar_one()
print("highest and count", tuple(highest), "kinds", sorted(kinds), "one", one)
print([row.id for row in first])
