"""A trained model as one ONNX file that answers the same.

Nothing here trains.
"""
