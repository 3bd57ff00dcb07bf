"""The entry point of WSGI servers."""

import os

from django.core.wsgi import get_wsgi_application
from django.db import DEFAULT_DB_ALIAS, connections

from harrison import silence
from harrison.databases import limited
from harrison.gate import Gate

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "harrison.settings")

connections.settings[DEFAULT_DB_ALIAS] = limited(connections.settings[DEFAULT_DB_ALIAS])
django = get_wsgi_application()
application = Gate(django)
silence.heed(application.hand)
