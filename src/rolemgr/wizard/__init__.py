"""
The wizard without its terminal: which question comes next, what an answer means, and what the answers come to.

Pure: frozen answers in, frozen answers out. It reads no key and prints nothing, so a test is a list of texts.
"""
