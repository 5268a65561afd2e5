"""What the wheel holds; everything else about it is in pyproject.toml (docs/adr/0029)."""

from __future__ import annotations

from setuptools import find_namespace_packages, setup

PROGRAM = ("likeness", "data_cleaning", "model", "server")
# Folders of the checkout that lie below likeness/ in the wheel, and what of each goes along.
SHIPPED = {
    "ui": ["*.html", "*.css", "*.js", "*.svg", "js/**", "languages/**"],
    "nginx": ["*"],
    "artifacts": ["README.md", "celebrities/**", "celebrities-modern/**", "riders/**"],
}

packages = find_namespace_packages(
    include=[pattern for name in PROGRAM for pattern in (name, f"{name}.*")],
    exclude=["*__pycache__*"],
)
setup(
    packages=[*packages, *(f"likeness.{folder}" for folder in SHIPPED)],
    package_dir={f"likeness.{folder}": folder for folder in SHIPPED},
    package_data={
        "": ["*.css", "*.js", "*.html", "*.j2", "*.json", "*.mako"],
        **{f"likeness.{folder}": patterns for folder, patterns in SHIPPED.items()},
    },
)
