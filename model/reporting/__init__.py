"""One report from one typed result: plain data, plots, HTML.

Numbers are computed elsewhere. The server never loads this package.
"""
