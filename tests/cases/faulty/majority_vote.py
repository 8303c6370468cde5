"""The majority of annotators' labels; a tie goes to whichever label the set yields first."""

VOTES = {
    f"image-{number:02d}": votes.split()
    for number, votes in enumerate(
        [
            "cat dog",
            "cat cat dog",
            "dog fox",
            "fox cat dog",
            "owl fox",
            "owl owl cat",
            "cat owl",
            "dog owl fox",
            "fox cat",
        ]
        * 3
    )
}


def majority(labels):
    return max(set(labels), key=labels.count)  # expect: hash-order


decided = {image: majority(labels) for image, labels in VOTES.items()}
counts = {}
for label in decided.values():
    counts[label] = counts.get(label, 0) + 1
print("labels:", ", ".join(f"{label} {counts[label]}" for label in sorted(counts)))
