"""Tables from one database to another: what a job says of them, and how they get there."""
