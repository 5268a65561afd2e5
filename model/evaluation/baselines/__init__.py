"""Simpler ways to name what a recipe names, on the same folds: what its figures are held against.

Nothing here is saved or answers anybody.
"""
