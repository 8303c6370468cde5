"""A graph is walked through sets of neighbours, and the first path found is the answer."""

import itertools

graph = {"a": {"b", "c", "d"}, "b": {"e", "c"}, "c": {"d", "f"}, "d": {"f"}, "e": {"f"}, "f": set()}


def walk(node, seen=()):
    if node == "f":
        yield seen + (node,)
    for nxt in graph[node]:  # expect: hash-order
        yield from walk(nxt, seen + (node,))


paths = list(walk("a"))
print(paths[0], len(paths))
