"""How `check` finds policies in files: templates, Terraform's JSON, roles, and what AWS's CLI prints."""
