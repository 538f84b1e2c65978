"""Routes of the app, mounted under /v1."""

from django.urls import path

from accounts.api import authentication, customers, me

urlpatterns = [
    path("me", me.Me.as_view()),
    path("customers", customers.CustomerList.as_view()),
    path("customers/<str:customer_id>", customers.CustomerDetail.as_view()),
    path("customers/<str:customer_id>/freeze", customers.CustomerFreeze.as_view()),
    path("customers/<str:customer_id>/unfreeze", customers.CustomerUnfreeze.as_view()),
    path("customers/<str:customer_id>/close", customers.CustomerClose.as_view()),
    path("customers/<str:customer_id>/authentication_factors", authentication.Factors.as_view()),
    path("customers/<str:customer_id>/trusted_payees", authentication.TrustedPayees.as_view()),
    path("authentication_factors/<str:factor_id>/confirm", authentication.FactorConfirm.as_view()),
    path("authentication_factors/<str:factor_id>/revoke", authentication.FactorRevoke.as_view()),
    path("authentication_challenges/<str:challenge_id>", authentication.ChallengeDetail.as_view()),
    path("authentication_challenges/<str:challenge_id>/answer", authentication.ChallengeAnswer.as_view()),
    path("trusted_payees/<str:trusted_payee_id>/remove", authentication.TrustedPayeeRemove.as_view()),
]
