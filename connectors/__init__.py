"""Foreign databases: how a statement is checked, described, exported, previewed and cancelled."""
