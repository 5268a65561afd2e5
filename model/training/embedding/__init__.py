"""Training for an embedding whose population of strangers is known: whom its examples show, who
names best, when to believe it.

What any recipe's training does lies in `model.training` itself.
"""
