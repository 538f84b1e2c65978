"""Who the key belongs to, under /v1/me."""

from typing import Any

from accounts.api import serializers as forms
from accounts.models import ApiKey
from flowlet.api.endpoints import endpoint
from flowlet.api.fields import moment, moment_or_null
from flowlet.api.views import PartnerView


class Me(PartnerView):
    """The partner and the key that ask."""

    required_scopes = {"GET": ""}
    tag = "Account"

    @endpoint(summary="Read the own key", response=forms.MeOut, example=forms.ME)
    def get(self, request: Any) -> dict[str, Any]:
        """Which partner and mode the key is for, and what it may do: the first call to make."""
        key = ApiKey.objects.select_related("partner").get(pk=ApiKey.key(request.caller.key_id))
        partner = key.partner
        return {
            "partner": {
                "id": partner.public_id,
                "name": partner.name,
                "mode": partner.mode,
                "status": partner.status,
                "country": partner.country,
                "time_zone": partner.time_zone,
            },
            "key": {
                "id": key.public_id,
                "name": key.name,
                "hint": key.hint,
                "scopes": key.scopes,
                "allowed_networks": key.allowed_networks,
                "rate_per_second": key.rate_per_second,
                "burst": key.burst,
                "expires_at": moment_or_null(key.expires_at),
                "created_at": moment(key.created_at),
            },
        }
