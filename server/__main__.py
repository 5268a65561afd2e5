"""`python -m server`: settings, api, keys, migrate, work; the same code as `likeness`."""

from __future__ import annotations

import sys

from likeness.cli import entry, server

main = entry(server, "python -m server")

if __name__ == "__main__":
    sys.exit(main())
