"""What is owed and what may leave: rows, her consents and refusals, what each rule waits for. May use `matching`."""
