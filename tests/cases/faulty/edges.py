from dataclasses import dataclass


@dataclass(frozen=True)
class Edge:
    source: str
    target: str


edges = {Edge("a", "b"), Edge("b", "c"), Edge("c", "a"), Edge("d", "a"), Edge("b", "d")}
position = {}
for edge in edges:  # expect: hash-order
    position.setdefault(edge.source, len(position))
print(position)
