"""`python -m model`: train, try and look after models; the same code as `likeness`."""

from __future__ import annotations

import sys

from likeness.cli import entry, model

main = entry(model, "python -m model")

if __name__ == "__main__":
    sys.exit(main())
