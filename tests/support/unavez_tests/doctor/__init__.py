"""A migrated installation to examine, and one planted fault for everything `unavez doctor` may find."""
