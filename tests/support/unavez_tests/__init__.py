"""What the end-to-end tests share: the product as a black box, and an agency's own server."""
