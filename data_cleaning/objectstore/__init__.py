"""Object stores: S3 and its like, read and written as files, and folders kept in step with them.

It knows no picture, no data set and no model; it is handed addresses and folders.
"""
