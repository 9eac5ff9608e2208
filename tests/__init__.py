"""The tests, mirrored by layer; see `tests/test_house.py` for the rules of the house itself."""
