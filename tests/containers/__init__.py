"""`make containers`: the compose file in real containers, by the commands of its README and of the runbooks."""
