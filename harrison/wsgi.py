"""The entry point for WSGI servers. `manage.py serve` loads it through `harrison.server`."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "harrison.settings")

application = get_wsgi_application()
