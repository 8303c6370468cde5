class Vertex:
    def __init__(self, rank):
        self.rank = rank


def walk(size):
    pending = {Vertex(number) for number in range(size)}
    path = []
    while pending:
        path.append(pending.pop().rank)  # expect: memory-address
    return path
