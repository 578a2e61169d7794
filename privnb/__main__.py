"""`python -m privnb` is the command line."""

from privnb.cli import main

main()
