"""The runs the measures are read from: each brings the product and its floor through the same work."""
