"""The entry point for WSGI servers. `manage.py serve` loads it through `harrison.server`."""

from django.core.wsgi import get_wsgi_application

from harrison.entry import load_settings

load_settings()
application = get_wsgi_application()
