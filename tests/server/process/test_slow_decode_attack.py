"""Clients who send nothing but pictures made to be slow, beside ordinary ones."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import requests

from tests.support.serving import PICTURE, running
from tests.support.slow_pictures import gif_of_blocks, jpeg_of_scans, pnm_of_comments
from tests.support.tiny_models import TinyRegistry

SECONDS = float(os.environ.get("LIKENESS_TEST_ATTACK_SECONDS", "6"))
CLIENTS = 8
PROMPT, SHARE = 2.0, 0.8


def test_ordinary_requests_are_answered_meanwhile(tmp_path: Path) -> None:
    TinyRegistry(tmp_path / "artifacts").add("colours", 1)
    attacks = [jpeg_of_scans(12_000), gif_of_blocks(5_000, 255), pnm_of_comments(2_000_000)]
    over, attacked, prompt, asked = threading.Event(), [0], 0, 0
    headers = {"Content-Type": "application/octet-stream"}

    with running(tmp_path, workers=2, recycle=0, log_level="error") as service:
        url = f"{service.url}/api/predict"

        def attack(number: int) -> None:
            while not over.is_set():
                requests.post(url, attacks[number % len(attacks)], headers=headers, timeout=60)
                attacked[0] += 1

        threads = [threading.Thread(target=attack, args=(number,)) for number in range(CLIENTS)]
        for thread in threads:
            thread.start()
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            begun = time.monotonic()
            answer = requests.post(url, PICTURE, headers=headers, timeout=60)
            asked += 1
            prompt += answer.status_code == 200 and time.monotonic() - begun <= PROMPT
        over.set()
        for thread in threads:
            thread.join()
    print(f"{prompt} of {asked} within {PROMPT:g} s beside {attacked[0]} attacks")
    assert attacked[0] >= CLIENTS
    assert prompt / asked >= SHARE
