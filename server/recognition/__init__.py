"""Asking what is in a picture: routes, live models, the pool, answers as JSON.

Nothing about pixels and no training.
"""
