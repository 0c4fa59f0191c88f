"""The floor: the least Python that promises what the product promises about durability, and nothing else.

Three processes, each with its own database, joined by quorum queues: whoever is killed at any moment loses nothing and
repeats nothing in effect, and each goes on while the others are down. HTTP answers after COMMIT; the outbox row is
written with what it announces and deleted when the broker has confirmed; the inbox row is written with its effect and
committed before the acknowledgement; a delivery is a row until its endpoint has answered. No validation,
authentication, encryption, audit, rules, feeds or order; events that are signed and sealed only for the one measure
that says so (`sealing.py`).
"""
