"""What differs between pictures of one class each and pictures that may carry several.

Nothing outside asks which of the two it is; `choice` is where they part.
"""
