"""People nobody knows: faces that were asked and refused, in groups of one person each, and what
somebody says about a group.

Only where pictures are kept, and as long as they are. Nothing here changes an answer: what a group
teaches goes to a data set, for the next training.
"""
