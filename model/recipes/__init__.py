"""A recipe and what it is made of: features and augmentation.

Nothing here is fitted and nothing names anybody.
"""
