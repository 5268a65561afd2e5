"""The routes, words and refusals of CompreFace's REST API, for clients that speak it.

Only the shape is theirs: what is done lies in server/collections and server/recognition.
"""
