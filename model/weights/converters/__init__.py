"""Published weight files -> the files that recipes load: one module for each source format.

Every converter is a function from the members of an archive to the bytes of one finished file. It
opens no file, reaches no network and runs nothing that came with the archive. Importing this
package imports onnx, so only fetching does it, never serving.
"""

from collections.abc import Callable, Mapping

from model.weights.converters import efficientnet, face_api, sface, tensorflow_js, yunet

Members = Mapping[str, bytes]
"""Contents of archive members by base name."""


def as_published(members: Members) -> bytes:
    """Return the only member unchanged, for files that are already in their final form."""
    (content,) = members.values()
    return content


CONVERTERS: dict[str, Callable[[Members], bytes]] = {
    "as_published": as_published,
    "face_api": face_api.convert,
    "coco_ssd": tensorflow_js.coco_ssd,
    "coco_ssd_anchors": tensorflow_js.coco_ssd_anchors,
    "efficientnet_lite0": efficientnet.convert,
    "sface": sface.convert,
    "yunet": yunet.convert,
}
