"""The metadata database: engine, transactions, migrations and the embedded server."""
