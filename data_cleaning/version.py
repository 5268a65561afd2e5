"""The program's version: what it says of itself, and what a bundle and a report say made them.

It lies on the lowest stair because every stair may say it.
"""

VERSION = "0.2.0"
