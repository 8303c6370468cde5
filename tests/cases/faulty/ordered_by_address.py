"""Nodes without an order of their own are sorted by their addresses, and tie-breaking follows."""


class Node:
    def __init__(self, name, cost):
        self.name = name
        self.cost = cost
        self.notes = [name] * (cost % 3)


nodes = [Node(f"n{number}", number * 7 % 4) for number in range(12)]
padding = [bytearray(97 * number % 301) for number in range(40)]
fresh = {node.name: Node(node.name, node.cost) for node in nodes}
scratch = [{} for _ in range(50)]

queue = sorted(fresh.values(), key=lambda node: (node.cost, id(node) >> 4 & 0xFFFF ^ 0x5A5A))  # expect: memory-address
print("order", " ".join(node.name for node in queue))
print("first of each cost", [next(node.name for node in queue if node.cost == cost) for cost in range(4)])
