"""The entry point of WSGI servers; `serve` names harrison/served.py, which changes its process besides."""

import os

from django.core.wsgi import get_wsgi_application

from harrison.gate import Gate

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "harrison.settings")

django = get_wsgi_application()
application = Gate(django)
