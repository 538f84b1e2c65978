"""The example verification of the documentation."""

from typing import Any

from flowlet.api.endpoints import example_id

FIRST = "2026-01-15T09:30:00Z"
COMPANY_ID, PERSON_ID = example_id("cus", 31), example_id("cus", 32)
# In review; still collecting with an identity document to come; of a business that has owners to name; complete, to be submitted.
REVIEWED_ID, COLLECTING_ID, BUSINESS_ID, COMPLETE_ID = (example_id("vrf", number) for number in (2, 3, 4, 5))
# A PNG of one pixel.
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000"
    "000c49444154789c63f8ffff3f0005fe02fe0def46b80000000049454e44ae426082"
)
_RECORDED = ("NAME", "BIRTH_DATE", "ADDRESS", "CONTACT")


def item(number: int, kind: str, status: str = "PROVIDED", **more: Any) -> dict[str, Any]:
    """An item as it is shown."""
    plain = {"ask_code": None, "any_of": [], "max_age_days": None, "owner_id": None}
    return {"id": example_id("vit", number), "kind": kind, "status": status} | plain | more


ITEMS = [item(number, kind) for number, kind in enumerate(_RECORDED, start=1)]
VERIFICATION: dict[str, Any] = {
    "id": example_id("vrf"),
    "customer_id": PERSON_ID,
    "level": "BASIC",
    "status": "OPEN",
    "reason_code": None,
    "items": ITEMS,
    "owners": [],
    "renews": None,
    "expires_at": "2026-03-16T09:30:00Z",
    "submitted_at": None,
    "decided_at": None,
    "metadata": {},
    "created_at": FIRST,
}
SUBMITTED = {**VERIFICATION, "id": COMPLETE_ID, "status": "IN_REVIEW", "expires_at": None, "submitted_at": FIRST}
APPROVED = {
    **SUBMITTED,
    "id": REVIEWED_ID,
    "status": "APPROVED",
    "items": [{**each, "status": "ACCEPTED"} for each in ITEMS],
    "decided_at": FIRST,
    "expires_at": "2031-01-15T09:30:00Z",
}
OWNED = {
    **VERIFICATION,
    "id": BUSINESS_ID,
    "customer_id": COMPANY_ID,
    "level": "ENHANCED",
    "status": "COLLECTING",
    "items": [
        item(5, "OWNERS"),
        item(6, "COMPANY_REGISTER", "MISSING", any_of=["COMPANY_REGISTER"], max_age_days=90),
    ],
    "owners": [{"id": example_id("ubo"), "share": "60.00"}],
}
DOCUMENT = {
    "id": example_id("doc"),
    "verification_id": COLLECTING_ID,
    "customer_id": PERSON_ID,
    "item_id": example_id("vit", 7),
    "type": "PASSPORT",
    "status": "STORED",
    "content_type": "image/png",
    "size_bytes": len(PIXEL),
    "issued_on": "2020-05-02",
    "expires_on": "2030-05-01",
    "created_at": FIRST,
}
