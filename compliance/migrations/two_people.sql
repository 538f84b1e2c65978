-- Hits begin open; what is decided is a hit on the sort of list that was looked at, so that none leaves the sanctions lists to be cleared.
CREATE OR REPLACE FUNCTION compliance_hit_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.id, NEW.subject_id, NEW.watchlist_id, NEW.entry, NEW.found_at) IS DISTINCT FROM
       (OLD.id, OLD.subject_id, OLD.watchlist_id, OLD.entry, OLD.found_at) THEN
        RAISE EXCEPTION 'hit %: whom and what it is of is fixed', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.state = OLD.state THEN
        IF (NEW.decided_on, NEW.decided_by, NEW.approved_by, NEW.decided_at, NEW.reason, NEW.expires_at, NEW.list_kind) IS DISTINCT FROM
           (OLD.decided_on, OLD.decided_by, OLD.approved_by, OLD.decided_at, OLD.reason, OLD.expires_at, OLD.list_kind) THEN
            RAISE EXCEPTION 'hit %: what was decided is fixed', OLD.id USING ERRCODE = 'restrict_violation';
        END IF;
    ELSIF NOT ((OLD.state = 'OPEN' AND NEW.state IN ('CLEARED', 'CONFIRMED', 'LAPSED')) OR NEW.state = 'OPEN') THEN
        RAISE EXCEPTION 'hit %: % does not become %', OLD.id, OLD.state, NEW.state USING ERRCODE = 'restrict_violation';
    ELSIF NEW.state <> 'OPEN' AND NEW.list_kind <> OLD.list_kind THEN
        RAISE EXCEPTION 'hit %: it is decided as what it was', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION compliance_hit_begins() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state <> 'OPEN' THEN
        RAISE EXCEPTION 'hit %: begins open', NEW.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER hit_begins_open BEFORE INSERT ON compliance_hit FOR EACH ROW EXECUTE FUNCTION compliance_hit_begins();

-- A freeze by a case: first somebody asks, then another person releases, and neither is written over.
CREATE OR REPLACE FUNCTION compliance_freeze_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.asked_by <> '' OR NEW.released_at IS NOT NULL THEN
            RAISE EXCEPTION 'freeze %: begins without a release', NEW.id USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.released_at IS NOT NULL
       OR (NEW.id, NEW.case_id, NEW.wallet_id, NEW.frozen_by, NEW.frozen_at)
       IS DISTINCT FROM (OLD.id, OLD.case_id, OLD.wallet_id, OLD.frozen_by, OLD.frozen_at)
       OR (OLD.asked_by <> '' AND NEW.asked_by <> OLD.asked_by) THEN
        RAISE EXCEPTION 'freeze %: what was done stays as it was', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.released_at IS NOT NULL AND OLD.asked_by = '' THEN
        RAISE EXCEPTION 'freeze %: released without being asked for', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER case_freeze_is_guarded BEFORE INSERT OR UPDATE ON compliance_casefreeze
    FOR EACH ROW EXECUTE FUNCTION compliance_freeze_guard();

CREATE OR REPLACE FUNCTION compliance_freezes_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%: freezes are kept, % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER case_freeze_stays BEFORE DELETE OR TRUNCATE ON compliance_casefreeze
    FOR EACH STATEMENT EXECUTE FUNCTION compliance_freezes_stay();

-- The wallet itself does not open while a case holds it.
CREATE OR REPLACE FUNCTION compliance_wallet_stays_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM compliance_casefreeze WHERE wallet_id = OLD.id AND released_at IS NULL) THEN
        RAISE EXCEPTION 'wallet %: frozen by a case until two people release it', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER wallet_that_a_case_froze_stays BEFORE UPDATE OF status, freeze_is_kept ON wallets_wallet FOR EACH ROW
    WHEN ((OLD.status = 'FROZEN' AND NEW.status <> 'FROZEN') OR (OLD.freeze_is_kept AND NOT NEW.freeze_is_kept))
    EXECUTE FUNCTION compliance_wallet_stays_frozen();
