"""The data sets that the API manages.

No picture is decoded here and nothing is trained.
"""
