"""What comes from others, and what must not leave with us: advisories, secrets in files, the bill of materials."""
