"""Keys of a store lie in a set, and a cached property numbers them."""

import functools
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Key:
    name: str
    kind: str


@dataclass
class Store:
    keys: set = field(default_factory=set)

    def add(self, *keys):
        self.keys |= set(keys)

    @functools.cached_property
    def index(self):
        return {key.name: n for n, key in enumerate(self.keys)}  # expect: hash-order


store = Store()
store.add(Key("a", "x"), Key("b", "y"), Key("c", "x"), Key("d", "y"), Key("e", "z"))
print(store.index)
