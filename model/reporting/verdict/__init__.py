"""What a training came to, in one sentence.

`figures` gathers typed figures; `sentence` makes the sentence from them. Nothing is measured here.
"""
