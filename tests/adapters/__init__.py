"""What is special to one adapter: real servers that are killed, frozen, full or locked."""
