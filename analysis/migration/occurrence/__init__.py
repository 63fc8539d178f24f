"""Predicted against observed occurrence of close giants."""
