"""Faults the product has to survive, the harness that causes them, and the checker that judges what became of it."""
