"""A data set that somebody else has divided: folders train, val and test instead of classes.

Pictures to learn from and pictures to be judged on lie apart, and stay apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from data_cleaning.datasets.dataset import Dataset, Item

TRAIN, VALIDATION, TEST = ("train", "training"), ("val", "valid", "validation"), ("test", "testing")


@dataclass(frozen=True)
class FixedSplit:
    """learn: the folders of classes to learn from. test: that of pictures which are never learnt
    from, nor chosen anything by; None where there is none.
    """

    learn: tuple[Path, ...]
    test: Path | None = None

    @classmethod
    def of(cls, root: Path) -> FixedSplit:
        """How the folder is divided; whole where it has folders of classes.

        It is divided where it has a folder train with folders in it, and no folder beside those for
        validation and for the test.
        """
        folders = {path.name: path for path in root.iterdir() if _may_be_class(path)}
        train, validation, test = (
            [folders.pop(name) for name in names if name in folders]
            for names in (TRAIN, VALIDATION, TEST)
        )
        if folders or not train or not any(_may_be_class(path) for path in train[0].iterdir()):
            return cls((root,))
        return cls((*train, *validation), test[0] if test else None)

    def items(self) -> list[Item]:
        """The pictures to learn from, as decisions leave them. Raises DatasetError."""
        return [item for folder in self.learn for item in Dataset(folder).items()]


def learnt_items(root: Path) -> list[Item]:
    """The pictures of a data set to learn from, whether somebody divided it or not.

    Raises DatasetError.
    """
    return FixedSplit.of(Dataset(root).root).items()


def _may_be_class(path: Path) -> bool:
    return path.is_dir() and not path.name.startswith((".", "_"))
