"""Rates of a shop."""


def rate(visits, sales):
    return round(sales / visits, 4)
