"""Pretrained files: the catalogue, fetching and verifying them, and the converters.

Nothing here runs a network.
"""
