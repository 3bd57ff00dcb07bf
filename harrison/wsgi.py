"""The entry point of WSGI servers."""

import os

from django.core.wsgi import get_wsgi_application

from harrison.gate import Gate

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "harrison.settings")

django = get_wsgi_application()
application = Gate(django)
