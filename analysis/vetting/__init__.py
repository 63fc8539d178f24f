"""Photometric and dynamical vetting of close companions."""
