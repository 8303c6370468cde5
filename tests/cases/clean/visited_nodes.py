"""Objects are remembered by id() and in sets, and everything that is shown goes by their names."""


class Node:
    def __init__(self, name):
        self.name = name
        self.next = []


def reachable(start):
    seen, waiting = {id(start)}, [start]
    found = []
    while waiting:
        node = waiting.pop(0)
        found.append(node)
        for other in node.next:
            if id(other) not in seen:  # not: memory-address
                seen.add(id(other))
                waiting.append(other)
    return found


nodes = {name: Node(name) for name in "abcdefgh"}
for left, right in ["ab", "bc", "ca", "cd", "ef", "dg"]:
    nodes[left].next.append(nodes[right])
group = set(reachable(nodes["a"]))
print([node.name for node in reachable(nodes["a"])])
print(len(group), nodes["e"] in group)
