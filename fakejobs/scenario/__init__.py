"""Scenario documents, read and checked into scenarios: nothing in them is wrong once they are here."""
