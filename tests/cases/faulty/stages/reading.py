"""Reads the documents of a folder."""

import glob

NOTES = {
    "a.txt": "rain wind cloud storm",
    "b.txt": "sun beach sand sun",
    "c.txt": "storm thunder rain",
    "d.txt": "heat sun desert",
    "e.txt": "cloud drizzle rain wind",
    "f.txt": "sand dune heat",
}


def write_documents(folder):
    folder.mkdir(exist_ok=True)
    for name, text in NOTES.items():
        (folder / name).write_text(text)


def documents(folder):
    texts, labels = [], []
    for name in glob.glob(f"{folder}/*.txt"):  # expect: file-order
        with open(name) as file:
            texts.append(file.read())
        labels.append(int("sun" in texts[-1] or "sand" in texts[-1]))
    return texts, labels
