"""The parts of the command line, whose commands are in cli.py."""
