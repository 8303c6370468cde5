"""From differences to causes: which runs to make next, what they show, where it is in the user's code, and what to
write instead.
"""
