class Node:
    def __init__(self, rank):
        self.rank = rank


pending = {Node(number) for number in range(3000)}
ranks = sorted(node.rank for node in pending)  # not: memory-address
print(ranks[:5], sum(node.rank for node in pending))
