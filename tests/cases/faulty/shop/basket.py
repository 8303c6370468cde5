class Item:
    def __init__(self, name):
        self.name = name
        self.payload = bytearray(len(name) * 4099)


def ordered():
    items = [Item(n * 3) for n in "abcdefghijklmnop"]
    return sorted(items, key=lambda item: id(item) * 2654435761 % 2**32)  # expect: memory-address
