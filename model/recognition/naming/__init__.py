"""What training learnt, applied to features: who it is, how alike, and whether to believe it.

Nothing here opens a picture or a file.
"""
