"""The crop that tutorials of face recognition train on: one cascade on the whole picture, two eyes
or nothing.

Kept to be compared with. Our own recipes see more (docs/adr/0005).
"""

from __future__ import annotations

from data_cleaning.detection.detection import cascade
from data_cleaning.imaging.colour import grey
from data_cleaning.imaging.image import Image

_STEP, _NEIGHBOURS = 1.3, 5  # of the search for faces; the one for eyes is OpenCV's usual one


def face_with_two_eyes(image: Image) -> Image | None:
    """The first face of a picture in which a second cascade finds two eyes or more, at its full
    size; None where there is no such face.
    """
    light = grey(image)
    faces = cascade("frontalface_default").detectMultiScale(light, _STEP, _NEIGHBOURS)
    for x, y, width, height in faces:
        eyes = cascade("eye").detectMultiScale(light[y : y + height, x : x + width])
        if len(eyes) >= 2:
            return image[y : y + height, x : x + width]
    return None
