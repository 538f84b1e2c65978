-- What is held is never below zero, in whatever statement it changes.
CREATE DOMAIN ledger_held AS numeric(20, 4) CONSTRAINT held_is_not_negative CHECK (VALUE >= 0);
ALTER TABLE ledger_balance ALTER COLUMN held TYPE ledger_held;
