"""Commands of the command line that are more than a few lines, one a module; `privnb.cli` puts them together."""

from privnb.commands.advise import advise
from privnb.commands.completion import completion
from privnb.commands.init import init

__all__ = ["advise", "completion", "init"]
