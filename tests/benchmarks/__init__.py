"""How fast the product is, beside the least Python with the same durability: `make bench`."""
