"""Who could help: services, the person, the list that is shown and the order of asking. Needs no other wing."""
