# needs: sqlalchemy
import sqlalchemy as sa

engine = sa.create_engine("sqlite://")
meta = sa.MetaData()
sales = sa.Table("sales", meta, sa.Column("day", sa.Integer), sa.Column("amount", sa.Integer))
meta.create_all(engine)
with engine.begin() as con:
    con.execute(sales.insert(), [{"day": n % 10, "amount": n * n % 17} for n in range(50)])
    rows = con.execute(sa.select(sales.c.amount).where(sales.c.day > 2)).fetchall()  # expect: row-order
print([r[0] for r in rows[:5]])
