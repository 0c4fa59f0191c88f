"""A package, so that what is shared by it (`scope="package"`) ends with its last test and not with the run."""
