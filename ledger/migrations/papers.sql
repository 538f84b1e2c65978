-- What banks sent us names people. In its time it is emptied (accounts/services/papers.py): the column of what was said and nothing else, not
-- while something waits for it, and it never comes back. Everything else stays append-only.
CREATE OR REPLACE FUNCTION ledger_statement_file_only_empties() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.content IS NULL THEN
            RAISE EXCEPTION 'statement file %: it comes with its content', NEW.id USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END IF;
    OLD.content := NULL;
    IF NEW IS DISTINCT FROM OLD OR EXISTS (
        SELECT FROM ledger_bankstatement s JOIN ledger_statementline l ON l.statement_id = s.id
          JOIN ledger_reconciliationitem i ON i.line_id = l.id
         WHERE s.file_id = OLD.id AND i.state NOT IN ('MATCHED', 'MATCHED_WITH_DIFFERENCE', 'WRITTEN_OFF')) THEN
        RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER ledger_statementfile_is_append_only BEFORE DELETE OR TRUNCATE ON ledger_statementfile
    FOR EACH STATEMENT EXECUTE FUNCTION flowlet_refuse_change();
CREATE OR REPLACE TRIGGER ledger_statementfile_only_empties BEFORE INSERT OR UPDATE ON ledger_statementfile
    FOR EACH ROW EXECUTE FUNCTION ledger_statement_file_only_empties();

CREATE OR REPLACE FUNCTION ledger_statement_personal_only_empties() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    v_line uuid := CASE TG_TABLE_NAME WHEN 'ledger_statementline' THEN to_jsonb(OLD) ->> 'id' ELSE to_jsonb(OLD) ->> 'line_id' END;
BEGIN
    OLD.personal := NULL;
    IF NEW IS DISTINCT FROM OLD OR EXISTS (
        SELECT FROM ledger_reconciliationitem i
         WHERE i.line_id = v_line AND i.state NOT IN ('MATCHED', 'MATCHED_WITH_DIFFERENCE', 'WRITTEN_OFF')) THEN
        RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER ledger_statementline_is_append_only BEFORE DELETE OR TRUNCATE ON ledger_statementline
    FOR EACH STATEMENT EXECUTE FUNCTION flowlet_refuse_change();
CREATE OR REPLACE TRIGGER ledger_statementline_only_empties BEFORE UPDATE ON ledger_statementline
    FOR EACH ROW EXECUTE FUNCTION ledger_statement_personal_only_empties();
CREATE OR REPLACE TRIGGER ledger_statementdetail_is_append_only BEFORE DELETE OR TRUNCATE ON ledger_statementdetail
    FOR EACH STATEMENT EXECUTE FUNCTION flowlet_refuse_change();
CREATE OR REPLACE TRIGGER ledger_statementdetail_only_empties BEFORE UPDATE ON ledger_statementdetail
    FOR EACH ROW EXECUTE FUNCTION ledger_statement_personal_only_empties();

-- A document of a break stays as it was added: the key under which it is sealed may change, and once its break is closed its content may go,
-- and the name with it, which can say whom it is about.
CREATE OR REPLACE FUNCTION ledger_break_document_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP NOT IN ('INSERT', 'UPDATE') THEN
        RAISE EXCEPTION 'documents of breaks are kept: % refused', TG_OP USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.sealed IS NULL THEN
            RAISE EXCEPTION 'document %: it comes with its content', NEW.id USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.id, NEW.break_row_id, NEW.type, NEW.size, NEW.digest, NEW.added_by, NEW.added_at)
       IS DISTINCT FROM
       (OLD.id, OLD.break_row_id, OLD.type, OLD.size, OLD.digest, OLD.added_by, OLD.added_at)
       OR (OLD.sealed IS NULL AND NEW.sealed IS NOT NULL)
       OR (NEW.name <> OLD.name AND NOT (NEW.name = '' AND NEW.sealed IS NULL))
       OR (OLD.sealed IS NOT NULL AND NEW.sealed IS NULL
           AND NOT EXISTS (SELECT FROM ledger_break b WHERE b.id = OLD.break_row_id AND b.state = 'CLOSED')) THEN
        RAISE EXCEPTION 'document %: what was added is fixed', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER break_document_is_guarded BEFORE INSERT OR UPDATE ON ledger_breakdocument
    FOR EACH ROW EXECUTE FUNCTION ledger_break_document_guard();
