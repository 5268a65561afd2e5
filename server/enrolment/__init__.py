"""People enrolled at once, beside the trained models, until the training that follows knows them.

Kept in small files beside the models, which every process of every server reads. Nothing is
trained here.
"""
