"""What one set of policies allows that another does not: proven, shown by a request, or said to be unknown."""
