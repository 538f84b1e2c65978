"""The toolkit of the partner API: what every endpoint under /v1 stands on.

It knows keys only through a hook, and no domain. A request passes key, rate limit, scope, ids, query, body and idempotency
before an endpoint's method runs; whatever is refused leaves as problem details (RFC 9457). An endpoint is written so, in
``<app>/api/``::

    class PotIn(StrictSerializer):
        customer_id = PublicIdField("cus")
        currency = CurrencyField()
        metadata = MetadataField(required=False)

    class PotFilters(PageFilters):
        customer_id = PublicIdField("cus", required=False)
        created = MomentRange(required=False)                       # created[gte]=2026-01-31T00:00:00Z
        metadata = MetadataField(required=False)                    # metadata[order]=A-1001

    class PotList(PartnerView):
        required_scopes = {"GET": "pots:read", "POST": "pots:write"}

        @endpoint(summary="List pots", query=PotFilters, response=paged(PotOut), example=page_example(POT))
        def get(self, request):
            pots = selectors.pots_of(partner_id=request.caller.partner_id, **between("created_at", request.query.get("created")))
            return page(pots, request, render=render_pot)

        @endpoint(summary="Open a pot", body=PotIn, response=PotOut, status=201, errors=(CustomerClosed,),
                  body_example={"customer_id": example_id("cus"), "currency": "USD"}, example=POT)
        def post(self, request):
            pot = pots.open(partner_id=request.caller.partner_id, **request.data, actor=request.actor, at=request.at)
            return render_pot(pot)                                  # a dict; Money and datetimes may stand in it

    class PotDetail(PartnerView):                                   # path("pots/<str:pot_id>", PotDetail.as_view())
        required_scopes = {"GET": "pots:read"}
        path_ids = {"pot_id": "pot"}                                # the method is handed a UUID

        @endpoint(summary="Read a pot", response=PotOut, errors=(), example=POT)
        def get(self, request, pot_id): ...

Routes stand in ``<app>/api/urls.py`` as ``urlpatterns`` without slash at the end and are mounted under /v1. ``POT`` is a dict
with ``example_id("pot")`` as its id; ``<app>/tests/seeds.py`` says how the things behind the example ids are made
(``flowlet.api.testing``), and the examples, the tenant matrix and the schema are then tested by themselves. POST runs inside
one transaction and takes effect once per ``Idempotency-Key``; services on its path use ``transaction.atomic(savepoint=False)``
to save two round trips.

Modules: ``views`` (PartnerView), ``endpoints`` (endpoint, paged, example_id), ``serializers`` and ``fields``, ``paging`` (page),
``authentication`` (Caller, set_key_lookup), ``throttling``, ``idempotency``, ``parsers``, ``problems``, ``errors``,
``catalogue``, ``schema``.
"""
