"""Commands for operators."""

COMMANDS = ()
