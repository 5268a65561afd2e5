"""Addresses and ports: what to listen on, whether that is free, and how to write it."""

from __future__ import annotations

import contextlib
import errno
import socket
from dataclasses import dataclass

from likeness.serving.processes import CannotRun

Address = tuple[socket.AddressFamily, str]


@dataclass(frozen=True)
class Wording:
    """How the person typed the command, and would type it with another port or host."""

    command: str = "likeness serve"
    with_port: str = "likeness serve --port {}"
    with_host: str = "likeness serve --host {}"


MAKE = Wording("make run", "make run PORT={}", "make run HOST={}")


def port_number(text: str, wording: Wording) -> int:
    """Raises ValueError, with a sentence, for what is no port."""
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 65535):
        example = wording.with_port.format(8080)
        raise ValueError(f"{text!r} is no port; write a number from 1 to 65535: {example}")
    return int(text)


def hosts(host: str) -> list[Address]:
    """The addresses to listen on: localhost is 127.0.0.1 and, where the machine has it, ::1."""
    if host != "localhost":
        return [(socket.AF_INET6 if ":" in host else socket.AF_INET, host)]
    both = [(socket.AF_INET, "127.0.0.1")]
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as probe:
        probe.bind(("::1", 0))
        both.append((socket.AF_INET6, "::1"))
    return both


def check_free(addresses: list[Address], port: int, wording: Wording) -> None:
    """Raises CannotRun when somebody listens there already."""
    for family, address in addresses:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((address, port))
            except OSError as error:
                raise CannotRun(_refusal(error, address, port, wording)) from error


def _refusal(error: OSError, address: str, port: int, wording: Wording) -> str:
    if isinstance(error, PermissionError):
        example = wording.with_port.format(8080)
        return f"Port {port} is for root alone. Choose one above 1023: {example}"
    if error.errno != errno.EADDRINUSE:
        return (
            f"{address} cannot be listened on ({error.strerror}). Choose localhost, an address of"
            f" this machine, or 0.0.0.0 for all of them: {wording.with_host.format('0.0.0.0')}"
        )
    return (
        f"Port {port} on {address} is taken ({error.strerror}). Stop the other program, or choose"
        f" another port: {wording.with_port.format(port + 1)}"
    )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def url(address: str, port: int) -> str:
    return f"http://[{address}]:{port}" if ":" in address else f"http://{address}:{port}"


def bracketed(address: str, port: int) -> str:
    return url(address, port).removeprefix("http://")
