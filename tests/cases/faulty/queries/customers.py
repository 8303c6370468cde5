"""Customers."""

BEST = "SELECT name, turnover FROM customers WHERE region = 'N' ORDER BY turnover DESC LIMIT ?"


def best(database, size):
    cursor = database.cursor()
    cursor.execute(BEST, (size,))  # expect: row-order
    return cursor.fetchall()
