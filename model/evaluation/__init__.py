"""Numbers about answers: metrics, curves, label errors, verification.

Nothing is drawn and nothing is saved.
"""
