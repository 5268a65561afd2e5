"""What the service refuses or cannot do, as exceptions. Nothing else; everybody may import it.

Which of them gives which HTTP status is decided in server/web/problems.py.
"""

from __future__ import annotations

from data_cleaning.errors import InputError, LikenessError


class SettingError(InputError):
    """A setting has a value that cannot be used."""


class RequestError(InputError):
    """The request itself is wrong: a field is missing, or is not what it must be."""


class MissingField(RequestError):
    """A field that must be there is not."""


class NotBase64(RequestError):
    """A text that should hold a picture as base64 does not."""


class BodyTooLarge(RequestError):
    """The body has more bytes than the limit."""


class NotFound(RequestError):
    """There is nothing of that name."""


class NoPerson(NotFound):
    """A collection has nobody of that name."""


class NoExample(NotFound):
    """A collection has no such example."""


class Conflict(RequestError):
    """The wish does not fit the state things are in."""


class NoDataset(Conflict):
    """What is to be stored would make a data set, and that was not asked for."""


class QuotaReached(InputError):
    """The data sets hold as much as they may."""


class PersonExists(Conflict):
    """A collection has somebody of that name."""


class NoFace(RequestError):
    """Nothing is found in the picture that could be somebody."""


class SeveralFaces(RequestError):
    """The picture shows several, and only one may be in it."""


class NeedsKey(RequestError):
    """No key came, or one that is not valid."""


class Forbidden(RequestError):
    """The key is valid and may not do this."""


class Busy(LikenessError):
    """Too much is under way: try again later."""


class TooSlow(LikenessError):
    """The picture took longer than the limit."""


class CutOff(LikenessError):
    """One server of several has not heard for a while whom it must not name."""


class NotReady(LikenessError):
    """No model can answer yet."""


class StoreDown(LikenessError):
    """The database cannot be reached."""


class StoreDamaged(StoreDown):
    """The file of the database is damaged."""


class NoSpace(LikenessError):
    """Nothing can be stored: the disk is full, or may not be written."""
