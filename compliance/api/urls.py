"""Routes of the app, mounted under /v1."""

from django.urls import path

from compliance.api import rights, standings, verifications

urlpatterns = [
    path("customers/<str:customer_id>/compliance", standings.CustomerStanding.as_view()),
    path("verifications", verifications.VerificationList.as_view()),
    path("verifications/<str:verification_id>", verifications.VerificationDetail.as_view()),
    path("verifications/<str:verification_id>/owners", verifications.VerificationOwners.as_view()),
    path("verifications/<str:verification_id>/documents", verifications.VerificationDocuments.as_view()),
    path("verifications/<str:verification_id>/submit", verifications.VerificationSubmit.as_view()),
    path("rights_requests", rights.RightsRequestList.as_view()),
    path("rights_requests/<str:rightsrequest_id>", rights.RightsRequestDetail.as_view()),
    path("rights_requests/<str:rightsrequest_id>/document", rights.RightsRequestDocument.as_view()),
    path("documents", verifications.DocumentList.as_view()),
    path("documents/<str:document_id>", verifications.DocumentDetail.as_view()),
    path("simulations/verifications/<str:verification_id>/decide", verifications.VerificationDecide.as_view()),
]
