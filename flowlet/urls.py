"""Every address of the platform."""

from django.urls import path

from flowlet.backoffice import site

urlpatterns: list = [
    path("admin/", site.urls),
]
