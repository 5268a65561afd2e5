"""Every error of the project, in one tree.

Nothing else lives here, and this file imports nothing of ours.

LikenessError
├── InputError              the caller's doing: the message is for them
│   ├── PictureError
│   │   ├── EmptyPicture        no bytes at all
│   │   ├── NotAPicture         the bytes are of no kind we read
│   │   ├── BrokenPicture       starts as a picture, but cannot be read to its end
│   │   ├── PictureTooSmall     too few pixels to look at
│   │   └── PictureTooLarge     too many pixels, or too many bytes
│   ├── DatasetError            a folder that is not a data set
│   ├── RecipeError             a choice that does not exist, or does not fit
│   └── FetchRefused            an address is not fetched, or did not give a picture
├── WeightsMissing          a pretrained file is not installed
├── WeightsBroken           a pretrained file is not the one we know
├── StoreFailed             an object store cannot be read or written
├── DownloadFailed          a pretrained file could not be brought in
└── BundleError             a trained model
    ├── BundleMissing           there is none of that name or version
    ├── BundleBroken            a file is missing, changed or not allowed
    ├── GoldenMismatch          it no longer answers as it did when it was trained
    └── BundleWorse             it does worse than the one it would replace

An error's text is its public message: what was wrong, and what is allowed. It never holds a path of
the server or a stack trace.
"""

from __future__ import annotations


class LikenessError(Exception):
    """The root: everything that this project raises on purpose."""


class InputError(LikenessError):
    """The caller sent or named something that cannot be used.

    limits: the limit that was broken, where there is one, as `picture_bytes=15_728_640`.
    """

    def __init__(self, text: str = "", **limits: int) -> None:
        super().__init__(text)
        self.limits = limits


class PictureError(InputError):
    """Something is wrong with one picture."""


class EmptyPicture(PictureError):
    """There are no bytes."""


class NotAPicture(PictureError):
    """The bytes are of no picture format that we read."""


class BrokenPicture(PictureError):
    """The picture begins well and cannot be read to its end."""


class PictureTooSmall(PictureError):
    """The picture has too few pixels to look at."""


class PictureTooLarge(PictureError):
    """The picture has more pixels, or more bytes, than the limit."""


class DatasetError(InputError):
    """A folder cannot be used as a data set."""


class RecipeError(InputError):
    """A recipe names a choice that does not exist or does not fit."""


class FetchRefused(InputError):
    """An address that will not be fetched, or did not give a picture.

    The text is the same for every reason. reason: for the log, or for whoever may know it.
    """

    def __init__(self, text: str, reason: str = "") -> None:
        super().__init__(text)
        self.reason = reason


class WeightsMissing(LikenessError):
    """A pretrained file is not installed."""


class WeightsBroken(LikenessError):
    """A pretrained file is not, byte for byte, the one we know."""


class DownloadFailed(LikenessError):
    """A pretrained file could not be fetched: no network, no client, or the other side refused."""


class StoreFailed(LikenessError):
    """An object store cannot be read or written: it is away, refuses, or is not as it was."""


class BundleError(LikenessError):
    """Something is wrong with a trained model."""


class BundleMissing(BundleError):
    """There is no model of that name or version."""


class BundleBroken(BundleError):
    """A file of the model is missing, changed, or holds what is not allowed."""


class GoldenMismatch(BundleError):
    """The model no longer gives the answer it gave when it was trained."""


class BundleWorse(BundleError):
    """The model does worse, on the same pictures, than the one it would replace."""
