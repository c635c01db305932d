"""Carries out one cell in a process of its own: the half of hex-runtime that is Python."""
