"""What is done with the installation, in order; each step yields one row a check."""
