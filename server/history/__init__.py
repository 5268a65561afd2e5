"""What was asked and answered: log, statistics, kept pictures.

Nothing here changes an answer.
"""
