"""The entry point of WSGI servers."""

import gc
import os
from importlib import import_module

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import DEFAULT_DB_ALIAS, connections

from harrison import silence
from harrison.databases import limited
from harrison.gate import Gate

GARBAGE = 10_000  # objects made, and not freed by counting, before Python looks for cycles among the young; it says 700

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "harrison.settings")

connections.settings[DEFAULT_DB_ALIAS] = limited(connections.settings[DEFAULT_DB_ALIAS])
django = get_wsgi_application()
import_module("harrison.warming").after_the_first_answer()  # it needs Django to be there
import_module(settings.ROOT_URLCONF)  # every view, now rather than with the first request
application = Gate(django)
silence.heed(application.hand)
# What is loaded by now stays: looking through it for garbage, again and again, took an eighth of a list's time.
gc.collect()
gc.freeze()
gc.set_threshold(GARBAGE)
