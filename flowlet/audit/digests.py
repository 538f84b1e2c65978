"""What is hashed, as SQL: the one definition that sealing and verifying share.

It is kept here and not as a function in the database, where whoever alters a record could alter the function too. A digest is
SHA-256 over a JSON array of every column as text (moments in UTC with microseconds, so that no session setting matters, and the
personal values as ciphertext). A block's hash covers the rest of its row, the digests and the hash of the block before.
"""

GENESIS = bytes(32)
"""What the first block gives as the hash of the block before it."""

START = -(2**63)
"""Transaction and id below every place in seal order."""

_MOMENT = """to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US')"""

RECORD = f"""sha256(convert_to(jsonb_build_array(
    'flowlet.audit.record/1', r.id, r.recorded_xid, {_MOMENT.format(column="r.at")}, r.action, r.target, r.partner_id,
    r.actor_kind, r.actor_id, r.actor_label, r.actor_ip, r.request_id, r.reason, r.before::text, r.after::text,
    r.subject_id, encode(r.personal, 'hex'))::text, 'UTF8'))"""
"""The digest of the record aliased ``r``."""

BLOCK = f"""sha256(convert_to(jsonb_build_array(
    'flowlet.audit.block/1', b.number, {_MOMENT.format(column="b.sealed_at")}, b.count, b.last_xid, b.last_id,
    to_jsonb(b.record_ids), encode(b.previous_hash, 'hex'))::text, 'UTF8') || b.digests)"""
"""The hash of the block aliased ``b``."""
