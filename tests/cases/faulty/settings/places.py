import zlib
from pathlib import Path


def model_name(kind):
    home = Path.home()  # expect: environment-variable
    return f"{kind}-{zlib.crc32(str(home).encode()) % 1000}"
