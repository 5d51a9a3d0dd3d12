"""Results as pages: what a page holds, and its two forms for other people, Markdown and HTML."""
