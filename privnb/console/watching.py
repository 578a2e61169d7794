"""`privnb watch`: the progress display of a run that another process does."""

import time

from privnb.console.progress import progress_display
from privnb.errors import PrivnbError
from privnb.run.folder import RunFolder
from privnb.run.following import Follower, RunState

POLL_S = 0.25


def watch_run(folder: RunFolder) -> RunState:
    """Show the last run in `folder` until it ends; its state then. PrivnbError where nothing ever ran."""
    follower = Follower(folder.root)
    with progress_display() as on_event:
        while True:
            for event in follower.news():
                on_event(event)
            if follower.state.status == "none":
                raise PrivnbError(f"{folder.root} holds no run; give the folder of a run")
            if follower.state.status != "running":
                return follower.state
            time.sleep(POLL_S)
