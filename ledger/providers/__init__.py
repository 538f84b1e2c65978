"""What others publish, read: no ORM and no network here."""
