"""What people say about an answer, and what that adds to a data set.

Nothing is trained here.
"""
