"""A model, its data set and whom it was told of since, together: what other systems call a
collection.

Adding and deleting people here takes effect at once; the training that follows is only asked for.
"""
