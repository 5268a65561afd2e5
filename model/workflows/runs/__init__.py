"""Trainings as experiments: what went in, what came of it, and other people's tools to look at that
with.
"""
