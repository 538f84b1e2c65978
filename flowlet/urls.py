"""Every address of the platform.

Under /v1 stand the routes of each app's ``api/urls.py``; ``flowlet.api.routes`` answers for what none of them knows.
"""

from importlib.util import find_spec

from django.urls import URLPattern, URLResolver, include, path, re_path

from flowlet.api import routes
from flowlet.backoffice import site
from flowlet.site import health

V1_APPS = ("accounts", "ledger", "wallets", "payments", "compliance", "flowlet.site")

v1: list[URLPattern | URLResolver] = [
    path("", include(f"{app}.api.urls")) for app in V1_APPS if find_spec(f"{app}.api") and find_spec(f"{app}.api.urls")
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("metrics", health.metrics_page),
    path("webhooks/", include("payments.api.webhooks")),
    path("v1", routes.unknown),
    path("v1/", include([*v1, re_path(r"^.*$", routes.unknown)])),
    path("", include("flowlet.site.portal.urls")),
    path("admin/", site.urls),
]

handler400 = "flowlet.api.routes.bad_request"
handler404 = "flowlet.api.routes.not_found"
handler500 = "flowlet.api.routes.server_error"
