"""The first of the distinct tags is taken for the favourite one."""

import json


def load():
    return json.loads('{"tags": ["red", "green", "blue", "grey", "pink"]}')


def unique(values):
    seen = set()
    for value in values:
        seen.add(value)
    return seen


def main():
    tags = unique(load()["tags"])
    first, *rest = tags  # expect: hash-order
    print(first, len(rest))
    print(max(rest, key=lambda t: t == "never"))


main()
