"""`python -m gateway.cli`, the same as `daybridge`."""

from gateway.cli import main

main()
