"""One file for accounts, roles, flows and layers; their documents, and the proof that these do what it says."""
