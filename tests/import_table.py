"""Who may import whom (docs/adr/0001): one row a package, from the bottom to the top.

A row says which packages of ours and which libraries its files may import, wherever in the file
they do; besides what everybody may. What stands in no row may not be imported.
tests/test_import_law.py holds the source against it.
"""

from __future__ import annotations

from typing import NamedTuple


class May(NamedTuple):
    """ours: packages or modules, with all below them. libraries: beside the standard library."""

    ours: tuple[str, ...]
    libraries: tuple[str, ...] = ()


def of(parent: str, *names: str) -> tuple[str, ...]:
    """The names with their parent before them."""
    return tuple(f"{parent}.{name}" for name in names)


EVERYBODY_MAY = of("data_cleaning", "errors", "json_types", "version")
CLEANING = of("data_cleaning", "files", "imaging", "datasets", "fetching", "objectstore")
TEMPLATES = ("jinja2", "markupsafe")
HTTP = ("flask", "flask_openapi3", "werkzeug", "pydantic", "pydantic_core")
# What every subject of the service stands on.
GROUND = of("server", "errors", "settings", "protocols", "context", "storage", "cluster", "web")

TABLE: dict[str, May] = {
    # data_cleaning: picture bytes -> image -> detections -> crops; data sets; no model, no server.
    "data_cleaning.errors": May(()),
    "data_cleaning.json_types": May(()),
    "data_cleaning.version": May(()),
    "data_cleaning.progress": May((), ("tqdm",)),
    "data_cleaning.files": May(()),
    "data_cleaning.executors": May((), ("cv2",)),
    "data_cleaning.dask_executor": May(
        of("data_cleaning", "executors"), ("cv2", "dask", "distributed")
    ),
    "data_cleaning.pretrained": May(of("data_cleaning", "files")),
    "data_cleaning.onnx_inference": May(
        of("data_cleaning", "pretrained"), ("numpy", "onnxruntime")
    ),
    "data_cleaning.imaging": May((), ("numpy", "cv2", "PIL", "pillow_heif", "scipy")),
    "data_cleaning.detection": May(
        of(
            "data_cleaning",
            "files",
            "pretrained",
            "onnx_inference",
            "imaging",
        ),
        ("numpy", "cv2"),
    ),
    "data_cleaning.datasets": May(
        of("data_cleaning", "executors", "files", "progress", "imaging", "detection"),
        ("numpy", "cv2", *TEMPLATES),
    ),
    "data_cleaning.fetching": May((), ("protego",)),
    "data_cleaning.objectstore": May(of("data_cleaning", "files"), ("fsspec",)),
    "data_cleaning.exchange": May(
        of("data_cleaning", "files", "progress", "imaging", "datasets"), ("numpy",)
    ),
    "data_cleaning.collecting": May(
        of(
            "data_cleaning",
            "files",
            "progress",
            "imaging",
            "datasets",
            "fetching",
            "objectstore",
            "exchange",
        ),
        ("numpy", "bs4", "ddgs"),
    ),
    # model: crops -> features -> names; never collecting, never the server.
    "model.onnx_graph": May((), ("numpy", "onnx")),
    "model.weights": May(
        (*of("data_cleaning", "files", "progress", "pretrained"), "model.onnx_graph"),
        ("numpy", "onnx"),
    ),
    "model.recipes": May(
        of("data_cleaning", "pretrained", "imaging", "detection", "onnx_inference"),
        ("numpy", "cv2", "pywt", "skimage"),
    ),
    # Recognition is all that answering needs: no training, no evaluation, no plots.
    "model.recognition": May(
        (
            *of(
                "data_cleaning",
                "errors",
                "json_types",
                "files",
                "pretrained",
                "imaging",
                "detection",
            ),
            *of("data_cleaning", "datasets"),
            *of("model", "weights", "recipes"),
        ),
        ("numpy", "scipy", "sklearn", "skops", "faiss"),
    ),
    "model.training": May(
        (
            *of("data_cleaning", "executors", "files", "progress", "imaging", "detection"),
            *of("data_cleaning", "datasets"),
            *of("model", "weights", "recipes", "recognition"),
        ),
        ("numpy", "cv2", "scipy", "sklearn", "joblib", "threadpoolctl"),
    ),
    "model.evaluation": May(
        (
            *of("data_cleaning", "files", "progress", "imaging", "datasets"),
            *of("data_cleaning", "executors", "detection.two_eyes"),
            *of("model", "recipes", "recognition", "training"),
        ),
        ("numpy", "scipy", "sklearn", "pywt"),
    ),
    "model.reporting": May(
        (
            *of("data_cleaning", "files", "imaging", "datasets"),
            *of("model", "recipes", "recognition", "training", "evaluation"),
        ),
        ("numpy", "matplotlib", "seaborn", *TEMPLATES),
    ),
    "model.export": May(
        (
            *of(
                "data_cleaning",
                "errors",
                "json_types",
                "files",
                "pretrained",
                "imaging",
                "datasets",
            ),
            *of("model", "onnx_graph", "recipes", "recognition"),
        ),
        ("numpy", "sklearn", "onnx", "onnxruntime", "skl2onnx"),
    ),
    "model.workflows": May(
        (
            *of(
                "data_cleaning",
                "errors",
                "json_types",
                "files",
                "executors",
                "imaging",
                "progress",
                "pretrained",
                "datasets",
            ),
            *of("model", "weights", "recipes", "recognition", "training", "evaluation"),
            *of("model", "reporting"),
        ),
        ("numpy", "pyarrow", "mlflow", "tensorboardX"),
    ),
    # server: HTTP, what was asked and answered, background work; nothing about pixels.
    "server.errors": May(()),
    "server.locations": May(()),
    "server.settings": May((*of("server", "errors", "locations"), "data_cleaning.objectstore")),
    "server.storage": May(
        (*CLEANING, *of("server", "errors", "locations", "settings")),
        ("sqlalchemy", "alembic"),
    ),
    "server.cluster": May((*CLEANING, *of("server", "errors", "storage")), ("sqlalchemy",)),
    "server.protocols": May((*CLEANING, "model.recognition", "data_cleaning.json_types")),
    "server.context": May(
        (*CLEANING, *of("server", "protocols", "settings", "storage")), ("flask",)
    ),
    "server.web": May(
        (*CLEANING, *of("server", "errors", "settings", "context")),
        (*HTTP, *TEMPLATES),
    ),
    "server.access": May(GROUND, (*HTTP, "sqlalchemy")),
    "server.history": May((*CLEANING, "model.recognition", *GROUND), (*HTTP, "sqlalchemy")),
    "server.enrolment": May(
        (*CLEANING, "model.recipes.presets", "model.recognition", *GROUND), ("numpy",)
    ),
    "server.recognition": May(
        (*CLEANING, "model.recognition", *GROUND, *of("server", "history", "enrolment")), HTTP
    ),
    # Pictures are looked at before anything is trained: for that it asks as answering does.
    "server.datasets": May(
        (*CLEANING, "data_cleaning.detection", "model.recognition", "model.recipes", *GROUND), HTTP
    ),
    "server.training": May(
        (
            *CLEANING,
            *of("data_cleaning", "collecting"),
            "model.recipes.presets",
            *GROUND,
            *of("server", "recognition", "datasets"),
        ),
        (*HTTP, "sqlalchemy"),
    ),
    "server.collections": May(
        (
            *CLEANING,
            *of("model", "recipes", "recognition"),
            *GROUND,
            *of("server", "datasets", "enrolment", "training.training_job"),
        )
    ),
    "server.corrections": May(
        (*CLEANING, "model.recognition", *GROUND, *of("server", "history", "datasets")),
        (*HTTP, "sqlalchemy"),
    ),
    "server.strangers": May(
        (
            *CLEANING,
            *of("model", "recognition", "recipes"),
            *GROUND,
            *of("server", "history", "datasets", "corrections"),
        ),
        (*HTTP, "sqlalchemy"),
    ),
    "server.erasure": May(
        (
            *CLEANING,
            *GROUND,
            *of("server", "history", "recognition", "datasets", "training", "corrections"),
            "server.enrolment",
            "server.strangers",
        ),
        (*HTTP, "sqlalchemy"),
    ),
    "server.backup": May(
        (*CLEANING, *of("server", "errors", "settings", "storage")), ("sqlalchemy",)
    ),
    "server.compreface": May(
        (
            *CLEANING,
            *of("data_cleaning", "detection.detection"),
            *of("model", "recipes", "recognition"),
            *GROUND,
            *of("server", "access", "recognition", "datasets", "collections"),
        ),
        HTTP,
    ),
    "server.kserve": May(
        (
            *CLEANING,
            *of("data_cleaning", "version"),
            "model.recognition",
            *GROUND,
            "server.recognition",
        ),
        HTTP,
    ),
    "server.operations": May(
        (*CLEANING, "model.recognition", *GROUND, "server.recognition"),
        (*HTTP, "prometheus_client"),
    ),
    "server.service": May((*CLEANING, "model.recognition", "server"), ("flask",)),
    "server.process": May(
        (
            *CLEANING,
            *of("server", "errors", "settings", "storage", "access", "operations", "service"),
        ),
        ("flask", "gunicorn"),
    ),
    "server.app": May(("server", "model.recognition"), ("flask_openapi3",)),
    "server.wsgi": May(("server", "model.recognition"), ("flask",)),
    # likeness: the front door, above everything.
    # The client knows the API and nothing of ours.
    "likeness.client": May((), ("httpx",)),
    # Events of cameras go out by these alone; what looks at pictures stands above.
    "likeness.delivery": May(of("server.storage", "outboxes"), ("httpx", "paho")),
    "likeness.watching": May(
        (
            *of("data_cleaning", "imaging", "fetching"),
            *of("model", "recognition"),
            *of("likeness", "client", "delivery"),
        ),
        ("numpy", "httpx"),
    ),
    "likeness": May(("likeness", "data_cleaning", "model", "server"), ("click", "sqlalchemy")),
    # `python -m model` and its like are the front door under an older name.
    "data_cleaning.__main__": May(("likeness.cli",)),
    "model.__main__": May(("likeness.cli",)),
    "server.__main__": May(("likeness.cli",)),
}
