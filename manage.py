#!/usr/bin/env python
"""The door for operators: `python manage.py help` lists the commands."""

import sys

from harrison.entry import run_command

if __name__ == "__main__":
    run_command(sys.argv)
