import os


def chunks(data):
    size = -(-len(data) // (os.cpu_count() or 1))  # expect: cpu-count
    return [data[i : i + size] for i in range(0, len(data), size)]
