"""Addresses of the partner's pages."""

from django.urls import path

from flowlet.site.portal import views

app_name = "portal"
urlpatterns = [
    path("", views.landing, name="landing"),
    path("docs/", views.landing, name="docs"),
    path("docs/guide", views.guide, name="guide"),
    path("docs/errors", views.errors, name="errors"),
    path("docs/reference", views.reference, name="reference"),
    path("docs/openapi.json", views.openapi, name="openapi"),
]
