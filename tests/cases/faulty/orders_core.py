# needs: sqlalchemy
"""SQLAlchemy core: the first rows become the training set."""

from shopdb.tables import filled_engine, orders
from sqlalchemy import select
import numpy as np
from sklearn.linear_model import Ridge


def load(engine):
    statement = select(orders.c.weight, orders.c.distance, orders.c.price).where(orders.c.price > 0)
    with engine.connect() as connection:
        return connection.execute(statement).all()  # expect: row-order


def main():
    rows = np.array([tuple(row) for row in load(filled_engine())], dtype=float)
    train, test = rows[:45], rows[45:]
    model = Ridge(alpha=1.0).fit(train[:, :2], train[:, 2])
    print("coefficients", model.coef_.round(5))
    print("r2", round(model.score(test[:, :2], test[:, 2]), 5))


main()
