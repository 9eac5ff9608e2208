"""The rules of offering: examples that read like the manual, and machines that search for flaws."""
