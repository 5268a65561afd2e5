"""A person's right to be forgotten.

Retraining is queued here and done elsewhere.
"""
