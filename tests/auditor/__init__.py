"""Tests of the auditor: that it bites, and that it bites nothing else."""
