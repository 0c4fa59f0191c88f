"""What containers need besides images: secrets for each service alone, database roles, broker users."""
