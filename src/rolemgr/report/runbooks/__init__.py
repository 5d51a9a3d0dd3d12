"""Pages in Markdown that people follow: each a template, filled with what was made."""
