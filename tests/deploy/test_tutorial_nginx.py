"""The tutorial's page in front of us: its own nginx takes the /api away and hands the rest on."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import requests

from likeness.serving.run import find_nginx
from tests.support.browsing import Live, picture, wait_for_port
from tests.support.making import data_url
from tests.support.ports import free_port

SITE = """
pid {folder}/pid; error_log {folder}/error.log; events {{}}
http {{
    access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
    server {{
        listen 127.0.0.1:{port};
        root {folder};
        client_max_body_size 20m;
        location /api/ {{
            rewrite ^/api(.*) $1 break;
            proxy_pass http://127.0.0.1:{app};
        }}
    }}
}}
"""
ADA = picture({"ada_lovelace": (40, 40, 120, 120)})


@pytest.mark.nginx
def test_its_rewrite_and_both_uploads_are_answered(
    live: Callable[..., Live], tmp_path: Path
) -> None:
    program = find_nginx()
    if program is None:
        pytest.skip("nginx is not installed: apt-get install nginx-light")
    app, port = live(open=True), free_port()
    config = tmp_path / "nginx.conf"
    config.write_text(SITE.format(folder=tmp_path, port=port, app=app.port))
    nginx = subprocess.Popen([program, "-c", str(config), "-g", "daemon off;"])
    try:
        wait_for_port(port)
        address = f"http://127.0.0.1:{port}/api/classify_image"
        as_jquery = requests.post(address, data={"image_data": data_url(ADA)}, timeout=20)
        as_dropzone = requests.post(address, files={"file": ("ada.png", ADA)}, timeout=20)
    finally:
        nginx.terminate()
        nginx.wait(10)
    for answer in (as_jquery, as_dropzone):
        (face,) = answer.json()
        assert face["class"] == "ada_lovelace"
        assert len(face["class_probability"]) == len(face["class_dictionary"]) == 3
