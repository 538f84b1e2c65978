-- A document of a break stays as it was added: only the key under which it is sealed may change.
CREATE OR REPLACE FUNCTION ledger_break_document_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'UPDATE' THEN
        RAISE EXCEPTION 'documents of breaks are kept: % refused', TG_OP USING ERRCODE = 'restrict_violation';
    END IF;
    IF (NEW.id, NEW.break_row_id, NEW.name, NEW.type, NEW.size, NEW.digest, NEW.added_by, NEW.added_at)
       IS DISTINCT FROM
       (OLD.id, OLD.break_row_id, OLD.name, OLD.type, OLD.size, OLD.digest, OLD.added_by, OLD.added_at) THEN
        RAISE EXCEPTION 'document %: what was added is fixed', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER break_document_is_guarded BEFORE UPDATE ON ledger_breakdocument
    FOR EACH ROW EXECUTE FUNCTION ledger_break_document_guard();
CREATE OR REPLACE TRIGGER break_document_stays BEFORE DELETE OR TRUNCATE ON ledger_breakdocument
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_break_document_guard();
