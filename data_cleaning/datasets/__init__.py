"""A data set is a folder of classes: its pictures, its decisions, its audit and its review.

No program here changes or deletes a picture, and no model is asked.
"""
