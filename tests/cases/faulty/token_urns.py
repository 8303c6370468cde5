"""Session keys decide the bucket of an A/B test, and they come from secrets."""

import secrets

VISITORS = [f"visitor-{number}" for number in range(60)]


def assign(visitors):
    groups = {"A": [], "B": []}
    for visitor in visitors:
        key = secrets.token_hex(8)  # expect: os-entropy
        groups["AB"[int(key, 16) % 2]].append(visitor)
    return groups


groups = assign(VISITORS)
print("in A:", len(groups["A"]), "first", groups["A"][:3])
