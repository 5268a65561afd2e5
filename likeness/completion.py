"""`likeness completion`: how a shell completes the command's words."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from likeness.endings import ServiceCommand, say

HOW = {
    "bash": "likeness completion bash > ~/.local/share/bash-completion/completions/likeness",
    "zsh": "likeness completion zsh > ~/.zfunc/_likeness   # a folder of your $fpath",
    "fish": "likeness completion fish > ~/.config/fish/completions/likeness.fish",
}


@click.command(cls=ServiceCommand, epilog="Example: likeness completion bash")
@click.argument("shell", type=click.Choice(list(HOW)))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print what makes a shell complete likeness, and where it goes."""
    kind = get_completion_class(shell)
    assert kind is not None
    root = ctx.find_root()
    script = kind(root.command, {}, "likeness", "_LIKENESS_COMPLETE").source()
    print(script)
    say(f"to keep it: {HOW[shell]}")
