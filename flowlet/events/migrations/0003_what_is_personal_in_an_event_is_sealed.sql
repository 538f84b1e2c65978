CREATE TRIGGER sealed_content_never_changes
    BEFORE UPDATE OF person_id, sealed ON flowlet_events_event
    FOR EACH STATEMENT EXECUTE FUNCTION flowlet_events_refuse_change();
