"""The public protocol, word by word: what is read, what is shown, what is published about it."""
