"""Routes of the roof, mounted under /v1."""

from django.urls import path

from flowlet.site.api import events

urlpatterns = [
    path("events", events.EventList.as_view()),
    path("events/<str:event_id>", events.EventDetail.as_view()),
]
