"""Use cases: functions `(session, ...)` that flush and never commit; no HTTP, no driver."""
