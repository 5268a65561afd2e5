"""Cameras, looked at again and again: frames, answers, and who was seen from when on.

What is done with that lies in likeness/delivery. Pictures are opened in data_cleaning/imaging.
"""
