"""The pages: their pure modules in Node, and the whole of them in Chromium."""
