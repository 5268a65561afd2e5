"""What a SageMaker container must have: `serve` and `train`, and where they find their files.

deploy/sagemaker/ has the two commands of the image.
"""
