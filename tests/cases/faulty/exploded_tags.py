"""One row for each tag of a post; the tags were made unique with a set, and the first row of a post is kept."""

import pandas as pd

posts = pd.DataFrame(
    {
        "post": [1, 2, 3, 4],
        "text": ["#sun #sea #sun #sand", "#code #data #code", "#data #plot #axis", "#sea #boat #sail"],
        "likes": [12, 40, 33, 8],
    }
)
posts["tags"] = posts["text"].str.findall(r"#(\w+)").map(set)


def long_format(frame):
    return frame.explode("tags")[["post", "tags", "likes"]]  # expect: hash-order


long = long_format(posts)
main_tags = long.drop_duplicates("post")
print(main_tags.to_string(index=False))
