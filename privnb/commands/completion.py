"""`privnb completion`: the script that teaches a shell to complete commands, options and answers."""

import click
from click.shell_completion import get_completion_class

from privnb.commands.shared import examples


@click.command(
    epilog=examples(
        'eval "$(privnb completion bash)"      # in ~/.bashrc',
        'eval "$(privnb completion zsh)"       # in ~/.zshrc',
        "privnb completion fish > ~/.config/fish/completions/privnb.fish",
    )
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(context, shell: str) -> None:
    """Print the completion script for SHELL."""
    made = get_completion_class(shell)(context.find_root().command, {}, "privnb", "_PRIVNB_COMPLETE")
    click.echo(made.source_template % made.source_vars())
