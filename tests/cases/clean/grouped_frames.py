"""Aggregates over sets and groups whose result is the same in any order."""

import pandas as pd

visits = pd.DataFrame(
    {
        "user": ["ann", "bob", "ann", "cy", "bob", "ann"],
        "page": ["a", "b", "c", "a", "a", "c"],
        "seconds": [5, 9, 2, 7, 4, 6],
    }
)
known = set(visits["page"])
wanted = known - {"c"}
kept = visits[visits["page"].isin(wanted)]  # not: hash-order
pages = kept.groupby("user")["page"].agg(set)
print(pages.map(len).to_dict())
print(kept.groupby("page")["seconds"].sum().to_dict())
print("reached", {page: visits["page"].eq(page).sum() for page in sorted(known)})
print(visits.drop(columns=set(visits.columns) - {"user", "seconds"}).shape)
