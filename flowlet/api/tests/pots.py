"""A small API on the toolkit, for its tests: a pot is an event in the outbox, so that effects are rows of a lower storey."""

import time
from datetime import datetime
from uuid import UUID

from django.db import OperationalError
from django.urls import include, path, re_path
from moneyed import Money
from psycopg2.errors import DeadlockDetected
from rest_framework import serializers

from flowlet.api import routes
from flowlet.api.authentication import ApiKeyFacts
from flowlet.api.endpoints import endpoint, example_id, page_example, paged
from flowlet.api.errors import AddressNotAllowed, ExpiredKey, InvalidKey
from flowlet.api.fields import CurrencyField, MetadataField, MoneySerializerField, PublicIdField
from flowlet.api.paging import page
from flowlet.api.serializers import MomentRange, PageFilters, StrictSerializer, between
from flowlet.api.uploads import Upload
from flowlet.api.views import PartnerView
from flowlet.core.errors import DomainError
from flowlet.events.models import Event
from flowlet.events.services import outbox

LARGEST_LID = 5_000_000
ADA, SIBLING, BOB = UUID(int=0xADA), UUID(int=0xADB), UUID(int=0xB0B)
KEYS = {
    "fk_live_ada": ApiKeyFacts(ADA, "LIVE", "key_ada", "ada", frozenset({"pots:read", "pots:write"})),
    "fk_test_ada": ApiKeyFacts(SIBLING, "SANDBOX", "key_sib", "sandbox", frozenset({"pots:read", "pots:write"})),
    "fk_live_bob": ApiKeyFacts(BOB, "LIVE", "key_bob", "bob", frozenset({"pots:read", "pots:write"})),
    "fk_live_reader": ApiKeyFacts(ADA, "LIVE", "key_reader", "reader", frozenset({"pots:read"})),
    "fk_live_slow": ApiKeyFacts(ADA, "LIVE", "key_slow", "slow", frozenset({"pots:read"}), rate_per_second=1, burst=3),
}


def lookup(presented: str, ip: str, at: datetime) -> ApiKeyFacts:
    """Keys by name."""
    if presented == "fk_live_old":
        raise ExpiredKey
    if presented == "fk_live_office" and ip != "192.0.2.7":
        raise AddressNotAllowed
    if presented == "fk_live_office":
        return KEYS["fk_live_ada"]
    try:
        return KEYS[presented]
    except KeyError:
        raise InvalidKey from None


class PotTooSmall(DomainError):
    """The pot would be smaller than one unit."""

    code, title = "pot.too_small", "The pot is too small"


class PotIn(StrictSerializer):
    name = serializers.CharField(max_length=50)
    size = MoneySerializerField()
    parent_id = PublicIdField("evt", required=False)
    handles = serializers.IntegerField(min_value=0, max_value=9, default=1)
    currency = CurrencyField(required=False)
    metadata = MetadataField(required=False)
    patience = serializers.IntegerField(min_value=0, max_value=9, default=0, help_text="seconds that the potter takes")


class PotOut(StrictSerializer):
    id = PublicIdField("evt")
    name = serializers.CharField()
    size = MoneySerializerField(positive=False)
    created_at = serializers.DateTimeField()


class PotFilters(PageFilters):
    created = MomentRange(required=False)
    metadata = MetadataField(required=False)


POT = {
    "id": example_id("evt"),
    "name": "tea",
    "size": {"amount": "12.50", "currency": "USD"},
    "created_at": "2026-01-15T09:30:00Z",
}


def render_pot(event: Event) -> dict:
    return {"id": event.public_id, "name": event.data["name"], "size": event.data["size"], "created_at": event.created_at}


class PotList(PartnerView):
    required_scopes = {"GET": "pots:read", "POST": "pots:write"}

    @endpoint(summary="List pots", query=PotFilters, response=paged(PotOut), example=page_example(POT))
    def get(self, request):
        """The pots, newest first."""
        found = Event.objects.filter(partner_id=request.caller.partner_id, type="pot.opened")
        found = found.filter(**between("created_at", request.query.get("created")))
        return page(found, request, render=render_pot)

    @endpoint(
        summary="Open a pot",
        body=PotIn,
        response=PotOut,
        status=201,
        errors=(PotTooSmall,),
        body_example={"name": "tea", "size": {"amount": "12.50", "currency": "USD"}},
        example=POT,
    )
    def post(self, request):
        """Make a pot."""
        asked = request.data
        size = {"amount": str(asked["size"].amount), "currency": asked["size"].currency.code}
        event = outbox.publish(
            type="pot.opened",
            partner_id=request.caller.partner_id,
            subject="pot",
            data={"name": asked["name"], "size": size},
            at=request.at,
        )
        if asked["patience"]:
            time.sleep(asked["patience"] / 2)
        if asked["size"].amount < 1:
            raise PotTooSmall(param="size", least=Money("1.00", "USD"))
        if asked["name"] == "deadlock":
            raise OperationalError("deadlock detected") from DeadlockDetected()
        if asked["name"] == "broken":
            raise RuntimeError("a secret that must not leave")
        return render_pot(event)


class PotDetail(PartnerView):
    required_scopes = {"GET": "pots:read", "POST": "pots:write"}
    path_ids = {"pot_id": "evt"}

    @endpoint(summary="Read a pot", response=PotOut, example=POT)
    def get(self, request, pot_id):
        """One pot."""
        return render_pot(Event.fetch(Event(id=pot_id).public_id, partner_id=request.caller.partner_id))

    @endpoint(summary="Touch a pot", response=PotOut, example=POT)
    def post(self, request, pot_id):
        """Nothing happens to the pot."""
        return self.get(request, pot_id)


class LidIn(StrictSerializer):
    name = serializers.CharField(max_length=40)


class LidOut(StrictSerializer):
    name = serializers.CharField()
    size = serializers.IntegerField()


class LidList(PartnerView):
    required_scopes = {"POST": "pots:write"}

    @endpoint(
        summary="Put a lid on",
        body=LidIn,
        upload=Upload(types=("application/octet-stream",), largest=LARGEST_LID, example=b"lid"),
        response=LidOut,
        status=201,
        body_example={"name": "tea"},
        example={"name": "tea", "size": 3},
    )
    def post(self, request):
        """A lid of bytes."""
        return {"name": request.data["name"], "size": len(request.file)}


urlpatterns = [
    path(
        "v1/",
        include([
            path("pots", PotList.as_view()),
            path("lids", LidList.as_view()),
            path("pots/<str:pot_id>", PotDetail.as_view()),
            re_path(r"^.*$", routes.unknown),
        ]),
    )
]  # fmt: skip
handler400 = "flowlet.api.routes.bad_request"
handler404 = "flowlet.api.routes.not_found"
handler500 = "flowlet.api.routes.server_error"
