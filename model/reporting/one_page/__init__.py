"""A report on one page of paper, as a PDF: from the same data as the page, drawn by matplotlib.

No browser is needed. No picture of anybody is on it.
"""
