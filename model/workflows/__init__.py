"""What a person asks for from start to end: train, compare recipes, promote, erase a class.

The parts live in the packages below; nothing here computes a feature or a metric.
"""
