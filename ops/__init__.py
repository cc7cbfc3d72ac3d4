"""The caretaker: the command line `jpi`, verification, demo data, decisions and the runbook."""
