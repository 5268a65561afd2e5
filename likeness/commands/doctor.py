"""`likeness doctor`: looks at everything, and says what to do."""

from __future__ import annotations

import click

from likeness.doctor import front, knowledge, machine
from likeness.doctor.findings import Finding, Look, looked
from likeness.endings import ServiceCommand
from likeness.options import as_json
from likeness.printing import print_json
from server.settings import load

LOOKS: dict[str, Look] = {
    "service": front.service,
    "models": knowledge.models,
    "pretrained files": knowledge.weights,
    "database": knowledge.database,
    "disk": machine.disk,
    "memory": machine.memory,
    "clock": machine.clock,
    "nginx": front.nginx,
    "certificate": front.certificate,
    "name": front.name,
}
MARKS = {"good": ("well", "green"), "doubtful": ("look", "yellow"), "bad": ("BAD ", "red")}


@click.command(cls=ServiceCommand, epilog="Example: sudo likeness doctor")
@as_json
def doctor(as_json: bool) -> int:
    """Look at everything that the service needs, and say what to do where something is wrong.

    Models, pretrained files, database, disk, memory, clock, nginx's limits, certificate, name.
    Nothing is changed. Ends with 1 where something is bad.
    """
    settings = load()
    found = [looked(about, look, settings) for about, look in LOOKS.items()]
    if as_json:
        print_json([finding.to_json() for finding in found])
    else:
        for finding in found:
            _show(finding)
    return int(any(finding.state == "bad" for finding in found))


def _show(finding: Finding) -> None:
    word, colour = MARKS[finding.state]
    click.echo(f"{click.style(word, fg=colour)}  {finding.about}: {finding.seen}")
    if finding.todo:
        click.echo(f"      -> {finding.todo}")
