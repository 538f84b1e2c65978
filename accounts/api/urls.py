"""Routes of the app, mounted under /v1."""

from django.urls import path

from accounts.api import customers, me

urlpatterns = [
    path("me", me.Me.as_view()),
    path("customers", customers.CustomerList.as_view()),
    path("customers/<str:customer_id>", customers.CustomerDetail.as_view()),
    path("customers/<str:customer_id>/freeze", customers.CustomerFreeze.as_view()),
    path("customers/<str:customer_id>/unfreeze", customers.CustomerUnfreeze.as_view()),
    path("customers/<str:customer_id>/close", customers.CustomerClose.as_view()),
]
