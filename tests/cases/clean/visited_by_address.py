"""Addresses tell which objects were seen already, as a graph is walked; no order comes of them."""


class Step:
    def __init__(self, name, *after):
        self.name = name
        self.after = list(after)


load = Step("load")
clean = Step("clean", load)
encode = Step("encode", clean)
scale = Step("scale", clean)
fit = Step("fit", encode, scale)


def walk(step, seen, done):
    if id(step) in seen:  # not: memory-address
        return done
    seen.add(id(step))
    for earlier in step.after:
        walk(earlier, seen, done)
    done.append(step.name)
    return done


print(" -> ".join(walk(fit, set(), [])))
cache = {id(step): step.name.upper() for step in (load, clean, fit)}
print(cache[id(clean)], len(cache))
