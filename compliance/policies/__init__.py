"""Rules and formulas of compliance, without the database."""
