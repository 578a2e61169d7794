"""Commands of the command line that are more than a few lines, one a module; `privnb.cli` puts them together."""

from privnb.commands.advise import advise
from privnb.commands.completion import completion

__all__ = ["advise", "completion"]
