from pathlib import Path

from loaders.images import read_all

print([name for name, _ in read_all(Path(__file__).parent.parent / "stations")][:3])
