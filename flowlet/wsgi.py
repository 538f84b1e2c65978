"""The WSGI application."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "flowlet.settings")
application = get_wsgi_application()

# The index over the watchlists takes seconds to build, and payments wait for it: begin before the first one comes.
from compliance.services import standing_index  # noqa: E402 - the apps are ready by now

standing_index.warm()
