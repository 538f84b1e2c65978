"""What every app's models stand on: no tables of its own.

``models`` (base row with a UUIDv7 and a public id), ``fields`` (money), ``sql`` (migrations written in SQL files), ``tables`` (many
tables in one operation), ``grants`` (what the application's role may do, renewed after each migration), ``counts`` (estimated row
counts), ``sequences`` (numbers), ``locks`` (who is at it).
"""
