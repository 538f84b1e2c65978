-- Notes and files stay as they were added: the key under which they are sealed may change, and when they are deleted a file's name and
-- digest go with what they were of. What was deleted stays so.
CREATE OR REPLACE FUNCTION compliance_added_stays() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    v_free text[] := '{sealed}';
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF NEW.sealed IS NULL AND OLD.sealed IS NOT NULL THEN
            v_free := '{sealed,name,digest}';
        END IF;
        IF to_jsonb(NEW) - v_free IS NOT DISTINCT FROM to_jsonb(OLD) - v_free THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION '%: what was added is kept, % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $$;
