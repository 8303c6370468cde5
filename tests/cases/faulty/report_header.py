"""The header of a report names the groups with a %-format, straight from a set."""

import statistics

SALES = {
    "north": [120.5, 98.0, 143.2],
    "south": [88.1, 92.4],
    "east": [133.3, 129.9, 140.0, 127.5],
    "west": [75.0, 81.5, 79.9],
}


def active(sales, minimum):
    return {region for region, amounts in sales.items() if len(amounts) >= minimum}


regions = active(SALES, 3)
total = sum(sum(SALES[region]) for region in regions)
print("Regions with three sales or more: %s" % regions)  # expect: hash-order
print("Total %.2f, median %.2f" % (total, statistics.median(a for r in sorted(regions) for a in SALES[r])))
