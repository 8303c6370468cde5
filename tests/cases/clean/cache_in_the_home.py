import os
from pathlib import Path

cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))  # not: environment-variable
level = os.environ.get("LOG_LEVEL", "INFO")
steps = int(os.getenv("TRAIN_STEPS", "10"))
own = dict(os.environ)
print("rows", sum(range(steps)), cache.name, len(os.environ) == len(own))
