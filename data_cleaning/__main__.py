"""`python -m data_cleaning`: make a folder fit to train on; the same code as `likeness`."""

from __future__ import annotations

import sys

from likeness.cli import data_cleaning, entry

main = entry(data_cleaning, "python -m data_cleaning")

if __name__ == "__main__":
    sys.exit(main())
