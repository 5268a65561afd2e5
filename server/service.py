"""What one running service consists of, and how a view finds it. Built once by create_app."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from flask import Flask, current_app

from data_cleaning.images import Limits
from server.models import Models
from server.pool import Pool
from server.settings import Settings

KEY = "likeness"


@dataclass(frozen=True)
class Service:
    settings: Settings
    models: Models
    pool: Pool

    @property
    def limits(self) -> Limits:
        return Limits(pixels=self.settings.picture_pixels, bytes=self.settings.picture_bytes)


def current() -> Service:
    """The service of the request under way."""
    return of(current_app)


def of(app: Flask) -> Service:
    return cast(Service, app.extensions[KEY])
