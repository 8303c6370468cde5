def read_all(folder):
    for path in folder.rglob("*.csv"):  # expect: file-order
        yield path.stem, path.read_bytes()
