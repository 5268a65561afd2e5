"""Where bundles lie: artifacts/<name>/<version>/, and the pointer file artifacts/<name>/active.

Versions are immutable once written. The pointer is swapped by an atomic rename.
"""

from __future__ import annotations

import errno
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from data_cleaning import files
from data_cleaning.errors import BundleBroken, BundleMissing
from model.recognition.bundle import Bundle
from model.recognition.bundle_files import enrolled_examples, load, save
from model.recognition.manifest import Manifest, read_manifest

Extras = Callable[[int], Mapping[str, str | bytes]]
NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


class Registry:
    """All bundles below one folder."""

    def __init__(self, root: Path) -> None:
        self.root = Path(root)

    def names(self) -> list[str]:
        """Names that have at least one version, sorted."""
        if not self.root.is_dir():
            return []
        return sorted(
            p.name for p in self.root.iterdir() if NAME.fullmatch(p.name) and self.versions(p.name)
        )

    def versions(self, name: str) -> list[int]:
        """Version numbers of a name, rising; empty where there is none."""
        folder = self._folder(name)
        if not folder.is_dir():
            return []
        return sorted(
            int(p.name)
            for p in folder.iterdir()
            if p.name.isdecimal() and (p / "manifest.json").is_file()
        )

    def active(self, name: str) -> int:
        """The version that answers. Raises BundleMissing, BundleBroken."""
        try:
            version = int((self._folder(name) / "active").read_text())
        except FileNotFoundError:
            return self._some(name)[-1]
        except ValueError as error:
            self._some(name)
            raise BundleBroken(
                f"The file 'active' of model {name} holds no version number."
            ) from error
        # Each answer asks: the other versions are looked for only where this one is gone.
        if not (self._folder(name) / str(version) / "manifest.json").is_file():
            raise BundleBroken(
                f"Model {name} points at version {version}, which is gone; there are"
                f" {self._some(name)}."
            )
        return version

    def _some(self, name: str) -> list[int]:
        """Version numbers of a name, rising. Raises BundleMissing where there is none."""
        versions = self.versions(name)
        if not versions:
            raise BundleMissing(
                f"There is no model {name!r}; there are: {', '.join(self.names()) or 'none'}."
            )
        return versions

    def path(self, name: str, version: int) -> Path:
        """The folder of one version. Raises BundleMissing."""
        if version not in self.versions(name):
            raise BundleMissing(
                f"Model {name!r} has no version {version}; it has {self.versions(name)}."
            )
        return self._folder(name) / str(version)

    def manifest(self, name: str, version: int) -> Manifest:
        """What a version says about itself; nothing is loaded or checked.

        Raises BundleMissing, BundleBroken.
        """
        return read_manifest(self.path(name, version))

    def examples(self, name: str, version: int) -> set[tuple[str, str]]:
        """The enrolled examples of a version, each by its picture's sha256 and its label.

        Raises BundleMissing, BundleBroken.
        """
        return enrolled_examples(self.path(name, version))

    def load(self, name: str, version: int | None = None) -> Bundle:
        """One version, the active one by default, its golden answer checked.

        Raises BundleError, WeightsMissing.
        """
        return load(self.path(name, self.active(name) if version is None else version))

    def add(self, bundle: Bundle, extras: Extras | None = None, activate: bool = True) -> Bundle:
        """Save as the next version, and make it the active one unless told otherwise: then the one
        before stays so. extras: further files, by the version's number.
        """
        folder = self._folder(bundle.name)
        self.tidy(bundle.name)
        if not activate and self.versions(bundle.name):
            self.promote(
                bundle.name, self.active(bundle.name)
            )  # without a pointer the newest answers
        while True:
            version = max([*self.versions(bundle.name), *self._spent(folder)], default=0) + 1
            numbered = replace(bundle, version=version, directory=folder / str(version))
            try:
                save(numbered, folder / str(version), extras(version) if extras else None)
            except OSError as error:
                if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                    raise
                continue  # another training took the number meanwhile
            if activate:
                self.promote(bundle.name, version)
            return numbered

    def promote(self, name: str, version: int) -> None:
        """Make a version the active one."""
        self.path(name, version)
        files.write_pointer(self._folder(name) / "active", str(version))

    def rollback(self, name: str) -> int:
        """Make the version before the active one active; returns it.

        Raises BundleMissing where there is none.
        """
        active = self.active(name)
        earlier = [v for v in self.versions(name) if v < active]
        if not earlier:
            raise BundleMissing(f"Model {name!r} has no version before {active} to go back to.")
        self.promote(name, earlier[-1])
        return earlier[-1]

    def remove(self, name: str, version: int) -> None:
        """Delete one version for good, but not the active one.

        Renamed first, so that nobody sees it half-deleted.
        """
        path = self.path(name, version)
        if version == self.active(name):
            raise BundleBroken(
                f"Version {version} of model {name} is the active one; promote another one first."
            )
        files.remove(path)

    def discard(self, name: str) -> list[int]:
        """Delete a model with all its versions; which those were. Raises BundleMissing."""
        versions = self.versions(name)
        if not versions:
            raise BundleMissing(f"There is no model {name!r}.")
        files.remove(self._folder(name))
        return versions

    def gone(self, name: str) -> bool:
        """Whether the model was deleted, and not the whole folder taken away for a moment."""
        return self.root.is_dir() and not self._folder(name).is_dir()

    def tidy(self, name: str | None = None) -> int:
        """Remove what killed processes left half written or half deleted, of one model or of all;
        how many pieces.
        """
        folders = (
            [self._folder(name)]
            if name
            else [self.root, *(self.root / folder for folder in self._folders())]
        )
        return sum(files.tidy(folder) for folder in folders if folder.is_dir())

    def _folders(self) -> list[str]:
        """Names that have a folder, also those whose first version is not there yet."""
        return (
            sorted(p.name for p in self.root.iterdir() if NAME.fullmatch(p.name))
            if self.root.is_dir()
            else []
        )

    def _folder(self, name: str) -> Path:
        if not NAME.fullmatch(name):
            raise BundleMissing(
                f"{name!r} cannot be a model's name: use up to 64 of a-z, 0-9, - and _, "
                "beginning with a letter or digit."
            )
        return self.root / name

    @staticmethod
    def _spent(folder: Path) -> list[int]:
        """Numbers that exist in whatever state; a number is never given twice."""
        return (
            [int(p.name) for p in folder.iterdir() if p.name.isdecimal()] if folder.is_dir() else []
        )
