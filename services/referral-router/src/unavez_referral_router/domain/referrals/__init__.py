"""What became of it: each referral, its states, and the dossier of a case. May use `plan` and `matching`."""
