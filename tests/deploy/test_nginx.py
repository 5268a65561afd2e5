"""A real nginx with the project's own configuration, on a loopback port, before a real upstream."""

from __future__ import annotations

import gzip
import json
import re
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from server.web.api_docs.markdown_page import NGINX_REFUSALS
from tests.support.browsing import Live, free_port, opened, picture
from tests.support.paths import ROOT

pytestmark = pytest.mark.nginx
Serve = Callable[..., str]


class Echo(BaseHTTPRequestHandler):
    """Answers with the headers it got; /slow never answers,
    /own sends security headers of its own.
    """

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path == "/slow":
            threading.Event().wait(4)
            self.close_connection = True
            return
        body = (
            json.dumps({name.lower(): value for name, value in self.headers.items()}).encode()
            + b" " * 2000
        )
        self.send_response(429 if self.path == "/busy" else 200)
        if self.path == "/own":
            self.send_header("Content-Security-Policy", "default-src 'none'")
            self.send_header("X-Frame-Options", "SAMEORIGIN")
        if self.path == "/busy":
            self.send_header("Retry-After", "7")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.do_GET()

    def log_message(self, *ignored: object) -> None:
        """Silence: the test's own output is enough."""


@pytest.fixture
def upstream() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def passed_on(nginx: Serve, upstream: str) -> str:
    """The address of an nginx that passes on to the upstream."""
    return nginx(upstream)


FORGED = {
    "X-Forwarded-For": "10.0.0.1, 192.168.1.1",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Prefix": "/evil",
    "X-Forwarded-Port": "1",
    "X-Real-IP": "10.0.0.1",
    "Forwarded": "for=10.0.0.1",
    "X-Request-ID": "forged-forged",
}


def test_forwarded_headers_are_set_and_never_taken_over(nginx: Serve, upstream: str) -> None:
    base = nginx(upstream)
    with opened(f"{base}/api/echo", headers=FORGED) as answer:
        seen = json.load(answer)
    assert seen["x-forwarded-for"] == seen["x-real-ip"] == "127.0.0.1"
    assert seen["x-forwarded-proto"] == "http"
    assert seen["x-forwarded-host"] == seen["host"] == base.removeprefix("http://")
    assert len(seen["x-request-id"]) == 32
    assert "forwarded" not in seen and "x-forwarded-prefix" not in seen
    assert not any(wrong in json.dumps(seen) for wrong in ("10.0.0.1", "evil", "forged", "https"))


def problem(base: str, path: str, status: int, data: bytes | None = None) -> dict[str, object]:
    with opened(f"{base}{path}", data=data) as answer:
        assert answer.status == status
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        body: dict[str, object] = json.load(answer)
    assert body["status"] == status
    assert body["type"] == f"urn:likeness:problem:{body['code']}"
    assert body["title"] and body["detail"]
    return body


def test_what_nginx_refuses_itself_is_a_problem_too(nginx: Serve, upstream: str) -> None:
    base = nginx(upstream, max_body=1000, max_batch=3000, timeout=1)
    refused = problem(base, "/api/classify_image", 413, b"x" * 1001)
    assert "1000 bytes" in str(refused["detail"])
    assert refused["limits"] == {"body_bytes": 1000}
    assert "3000 bytes" in str(problem(base, "/api/predict/batch", 413, b"x" * 3001)["detail"])
    assert "1 seconds" in str(problem(base, "/slow", 504)["detail"])
    with opened(f"{base}/api/classify_image", data=b"x" * 1000) as answer:
        assert answer.status == 200
    with opened(f"{base}/api/datasets/mine/classes/a/pictures", data=b"x" * 3000) as answer:
        assert answer.status == 200


@pytest.mark.parametrize(
    ("request_line", "header", "status", "code"),
    [
        ("TRACE /api/models", "", 405, "method-not-allowed"),
        ("POST /models.js", "Content-Length: 0", 405, "method-not-allowed"),
        ("GET /api/%00models", "", 400, "bad-request"),
        ("nonsense", "", 400, "bad-request"),
        ("GET /api/models", "Host: two", 400, "bad-request"),
        ("GET /api/models?" + "x" * 9000, "", 414, "address-too-long"),
        ("GET /api/models", f"X-Long: {'x' * 9000}", 431, "headers-too-large"),
        ("GET /vendor/nothing.js", "", 404, "not-found"),
        ("GET /.hidden", "", 404, "not-found"),
        ("GET /.refused", "", 404, "not-found"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_what_nginx_cannot_pass_on_is_a_problem_too(
    passed_on: str, request_line: str, header: str, status: int, code: str
) -> None:
    port = int(passed_on.rsplit(":", 1)[1])
    lines = [
        f"{request_line} HTTP/1.1",
        "Host: x",
        "Connection: close",
        *filter(None, [header]),
        "",
        "",
    ]
    with socket.create_connection(("127.0.0.1", port)) as plain:
        plain.sendall("\r\n".join(lines).encode())
        head, _, body = plain.makefile("rb").read().partition(b"\r\n\r\n")
    assert head.split()[1] == str(status).encode()
    assert b"Content-Type: application/problem+json\r\n" in head
    assert b"X-Content-Type-Options: nosniff" in head
    refusals = json.loads(body)
    assert (refusals["status"], refusals["code"], refusals["type"]) == (
        status,
        code,
        f"urn:likeness:problem:{code}",
    )
    assert refusals["title"] and refusals["detail"] and len(refusals["request_id"]) == 32


def test_what_the_application_refuses_is_passed_on(nginx: Serve, live: Callable[..., Live]) -> None:
    app = live(trusted_proxy="127.0.0.1")
    base = nginx(app.url.removeprefix("http://"))
    assert "GET, HEAD, OPTIONS" in str(problem(base, "/api/models", 405, b"")["detail"])
    assert "/api/nothing" in str(problem(base, "/api/nothing", 404)["detail"])
    assert "//jobs" in str(problem(base, "/api//jobs", 404)["detail"])


def test_every_refusal_of_nginx_is_in_the_documentation() -> None:
    """Status, code and title of each, as its template has them."""
    template = (ROOT / "nginx" / "likeness.conf.template").read_text()
    bodies = [
        json.loads(re.sub(r":\$\w+", ":0", text))
        for text in re.findall(r"return [45]\d\d '({.*})';", template)
    ]
    refusals = {(body["status"], body["code"], body["title"]) for body in bodies}

    def by_status(variable: str) -> dict[str, str]:
        (lines,) = re.findall(rf"map \$status \{variable} {{(.*?)}}", template, re.DOTALL)
        return dict(re.findall(r'(default|\d+) "(.*)";', lines))

    codes, titles = by_status("$likeness_code"), by_status("$likeness_title")
    refusals |= {
        (int(status.replace("default", "400")), codes[status], titles[status]) for status in codes
    }
    assert refusals == set(NGINX_REFUSALS)


def test_an_absent_application_is_a_problem_with_retry_after(nginx: Serve) -> None:
    base = nginx(f"127.0.0.1:{free_port()}")
    assert problem(base, "/api/models", 502)["code"] == "away"
    with opened(f"{base}/api/models") as answer:
        assert answer.headers.get_all("Retry-After") == ["5"]
    with opened(base) as page:
        assert page.status == 200


def test_the_application_keeps_its_own_headers(nginx: Serve, upstream: str) -> None:
    base = nginx(upstream)
    with opened(f"{base}/own") as answer:
        assert answer.headers.get_all("Content-Security-Policy") == ["default-src 'none'"]
        assert answer.headers.get_all("X-Frame-Options") == ["SAMEORIGIN"]
        assert answer.headers.get_all("X-Content-Type-Options") == ["nosniff"]
    with opened(f"{base}/busy") as answer:
        assert answer.status == 429
        assert answer.headers.get_all("Retry-After") == ["7"]


def test_the_page_comes_from_disk_with_safe_headers(nginx: Serve) -> None:
    base = nginx(f"127.0.0.1:{free_port()}")
    for path, kind in [
        ("/", "text/html"),
        ("/models.js", "text/javascript"),
        ("/design.css", "text/css"),
    ]:
        with opened(f"{base}{path}") as answer:
            assert answer.status == 200
            assert answer.headers["Content-Type"] == f"{kind}; charset=utf-8"
            policy = answer.headers["Content-Security-Policy"]
            assert "unsafe" not in policy and "http" not in policy
            assert answer.headers["Cache-Control"] == "no-cache"
    for hidden in [
        "/.gitignore",
        "/js/.x",
        "/../nginx/mime.types",
        "/vendor/",
        "/vendor/nothing.js",
    ]:
        with opened(f"{base}{hidden}") as answer:
            assert answer.status in (400, 403, 404), hidden


def test_text_is_compressed_for_those_who_ask(nginx: Serve, upstream: str) -> None:
    base = nginx(upstream)
    for path in ("/design.css", "/api/echo"):
        with opened(f"{base}{path}", headers={"Accept-Encoding": "gzip"}) as answer:
            assert answer.headers["Content-Encoding"] == "gzip"
            assert gzip.decompress(answer.read())


def test_strangers_are_limited_and_the_machine_itself_is_not(nginx: Serve, upstream: str) -> None:
    # From outside the loopback nothing can come here, so the map that tells them apart is turned
    # round.
    base = nginx(upstream)
    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(lambda _: status(f"{base}/api/echo"), range(300))) == {200}


def test_the_limit_holds_for_everybody_else(
    nginx: Serve, upstream: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from likeness.serving import nginx_site as rendering

    folder = tmp_path / "templates"
    folder.mkdir()
    for name in ("likeness.conf.template", "standalone.conf.template", "mime.types"):
        text = (rendering.HERE / name).read_text()
        (folder / name).write_text(text.replace("127.0.0.0/8 1;", "192.0.2.0/24 1;"))
    monkeypatch.setattr(rendering, "HERE", folder)
    base = nginx(upstream, rate=1, burst=3)
    answers = [status(f"{base}/api/echo") for _ in range(12)]
    assert answers[:4] == [200] * 4
    assert 429 in answers[4:]
    for _ in range(6):
        status(f"{base}/api/echo")
    assert "Wait a second" in str(problem(base, "/api/echo", 429)["detail"])


def status(url: str) -> int:
    with opened(url) as answer:
        answer.read()
        return int(answer.status)


def test_a_stalled_upload_does_not_hold_the_others_up(nginx: Serve, upstream: str) -> None:
    base = nginx(upstream)
    port = int(base.rsplit(":", 1)[1])
    with socket.create_connection(("127.0.0.1", port)) as slow:
        slow.sendall(
            b"POST /api/classify_image HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\nbegin"
        )
        assert status(f"{base}/api/echo") == 200


def test_the_whole_road_names_a_square(nginx: Serve, live: Callable[..., Live]) -> None:
    app = live(trusted_proxy="127.0.0.1")
    base = nginx(app.url.removeprefix("http://"))
    boundary = b"--x\r\nContent-Disposition: form-data; name=image_data; filename=a.png\r\n\r\n"
    body = boundary + picture({"ada_lovelace": (20, 30, 50, 40)}) + b"\r\n--x--\r\n"
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    with opened(f"{base}/api/classify_image", data=body, headers=headers) as answer:
        (entry,) = json.load(answer)
    assert entry["class"] == "ada_lovelace"
    assert entry["box"] == [20, 30, 50, 40]
