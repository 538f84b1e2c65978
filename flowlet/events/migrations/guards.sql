-- The relay sets relayed_at and retention deletes; what an event says stays as it was published.
CREATE FUNCTION flowlet_events_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the content of an event never changes: % refused', TG_OP USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER event_content_never_changes
    BEFORE UPDATE OF id, type, partner_id, subject, data, api_version, created_at, xid ON flowlet_events_event
    FOR EACH STATEMENT EXECUTE FUNCTION flowlet_events_refuse_change();

-- Every event is updated once: leave room for it on its page.
ALTER TABLE flowlet_events_event SET (fillfactor = 90);

-- What is personal in it is sealed, and stays as it was sealed.
CREATE TRIGGER sealed_content_never_changes
    BEFORE UPDATE OF person_id, sealed ON flowlet_events_event
    FOR EACH STATEMENT EXECUTE FUNCTION flowlet_events_refuse_change();
