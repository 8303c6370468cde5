"""From differences to causes: which runs to make, what they show, where it is, and what to write instead."""
