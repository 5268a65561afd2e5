"""Measurements: two things in one run, as a ratio.

Nothing here is shipped or imported by the product.
"""
