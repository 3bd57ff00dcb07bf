"""The entry point of a process that does nothing but serve: importing it changes the process."""

from harrison import process
from harrison.wsgi import application

process.prepare(application.hand)
