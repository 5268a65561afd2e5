"""What can be seen in a training picture before anything is trained: regions, quality, likeness.

Nothing is named here and nothing is decided; what is found is kept by
data_cleaning/datasets/inspection_cache.py.
"""
