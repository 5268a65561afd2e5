"""The manifests as kustomize builds them, held against Kubernetes' own schemas and rules."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import Any

import pytest

from server.settings import FIELDS, load, variable
from tests.support.paths import ROOT

yaml: Any = pytest.importorskip("yaml", reason="PyYAML is not installed: make setup-dev")
OVERLAYS = ("one", "several")
VERSIONS = ("1.31", "1.36")


def built(overlay: str) -> list[dict[str, Any]]:
    kubectl = shutil.which("kubectl")
    if kubectl is None:
        pytest.skip("kubectl, which brings kustomize, is not installed")
    command = [kubectl, "kustomize", str(ROOT / "deploy" / "kubernetes" / overlay)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return [document for document in yaml.safe_load_all(done.stdout) if document]


def of_kind(overlay: str, kind: str) -> dict[str, Any]:
    found = [document for document in built(overlay) if document["kind"] == kind]
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_schemas_of_kubernetes_accept_them(overlay: str, version: str) -> None:
    validator: Any = pytest.importorskip(
        "kubernetes_validate", reason="kubernetes-validate is not installed: make setup-dev"
    )
    documents = built(overlay)
    assert len(documents) >= 7
    for document in documents:
        validator.validate(document, version, strict=True)


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_pod_security_restricted_holds(overlay: str) -> None:
    labels = of_kind(overlay, "Namespace")["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"
    pod = of_kind(overlay, "Deployment")["spec"]["template"]["spec"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert not {"hostNetwork", "hostPID", "hostIPC"} & pod.keys()
    assert pod["automountServiceAccountToken"] is False
    for container in (*pod["initContainers"], *pod["containers"]):
        confined = container["securityContext"]
        assert confined["allowPrivilegeEscalation"] is False
        assert confined["readOnlyRootFilesystem"] is True
        assert confined["capabilities"] == {"drop": ["ALL"]}
        assert container["resources"]["limits"]["memory"]


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_probes_and_ports_fit_the_image(overlay: str) -> None:
    app = of_kind(overlay, "Deployment")["spec"]["template"]["spec"]["containers"][0]
    assert app["readinessProbe"]["httpGet"]["path"] == "/readyz"
    assert app["livenessProbe"]["httpGet"]["path"] == "/healthz"
    exposed = re.search(r"^EXPOSE (\d+)$", (ROOT / "deploy/Dockerfile").read_text(), re.MULTILINE)
    assert exposed and app["ports"][0]["containerPort"] == int(exposed[1])
    uid = re.search(r"--uid (\d+)", (ROOT / "deploy/containers/fill.sh").read_text())
    pod = of_kind(overlay, "Deployment")["spec"]["template"]["spec"]
    assert uid and pod["securityContext"]["runAsUser"] == int(uid[1])


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_settings_in_it_can_be_loaded(overlay: str) -> None:
    values = of_kind(overlay, "ConfigMap")["data"]
    assert values.keys() <= {variable(field.name) for field in FIELDS}
    assert load(values).public_url == "https://faces.example.org"


def test_one_state_folder_belongs_to_one_instance() -> None:
    one = of_kind("one", "Deployment")["spec"]
    assert (one["replicas"], one["strategy"]) == (1, {"type": "Recreate"})
    several = of_kind("several", "Deployment")["spec"]
    assert several["strategy"]["type"] == "RollingUpdate"
    app = several["template"]["spec"]["containers"][0]
    assert {"name": "LIKENESS_STATE", "value": "/state/state"} in app["env"]
    assert of_kind("several", "HorizontalPodAutoscaler")["spec"]["minReplicas"] == 2


def test_one_talks_to_nobody_and_several_to_their_database() -> None:
    assert of_kind("one", "NetworkPolicy")["spec"].get("egress", []) == []
    rules = of_kind("several", "NetworkPolicy")["spec"]["egress"]
    assert [[port["port"] for port in rule["ports"]] for rule in rules] == [[53, 53], [5432]]
