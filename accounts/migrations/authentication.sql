-- What a customer was asked never changes, and the answer moves as the table of states says (accounts.states).
CREATE FUNCTION accounts_challenge_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF to_jsonb(NEW) - '{status,passed_at,used_at,used_for}'::text[] IS DISTINCT FROM to_jsonb(OLD) - '{status,passed_at,used_at,used_for}'::text[] THEN
        RAISE EXCEPTION 'challenge %: what was asked stays as it is', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF (OLD.status, NEW.status) NOT IN (('PENDING', 'PASSED'), ('PENDING', 'FAILED'), ('PASSED', 'USED')) THEN
        RAISE EXCEPTION 'challenge %: % cannot become %', OLD.id, OLD.status, NEW.status USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER challenge_is_guarded BEFORE UPDATE ON accounts_authenticationchallenge
    FOR EACH ROW EXECUTE FUNCTION accounts_challenge_guard();
