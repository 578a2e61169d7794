"""What the command line prints: plans, progress, verdicts; on a terminal with colour, elsewhere as plain lines."""

from privnb.console.pages import show_explained, show_list, show_outcome, show_plan
from privnb.console.plain import plain_check, plain_explained, plain_list, plain_plan
from privnb.console.progress import progress_display
from privnb.console.watching import watch_run

__all__ = [
    "plain_check",
    "plain_explained",
    "plain_list",
    "plain_plan",
    "progress_display",
    "show_explained",
    "show_list",
    "show_outcome",
    "show_plan",
    "watch_run",
]
