"""Everything that answering needs: pipeline, recogniser, bundle, registry, explanation.

No training, no evaluation, no report and no matplotlib.
"""
