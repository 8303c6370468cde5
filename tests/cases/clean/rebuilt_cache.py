import json
from pathlib import Path

cache = Path("squares.json")
if cache.exists():  # not: leftover-state
    cache.unlink()
cache.write_text(json.dumps([n * n for n in range(10)]))
print(sum(json.loads(cache.read_text())))
