"""The alarm on a break-glass role: templates of all its accounts, and the ways in which it could be silenced."""
