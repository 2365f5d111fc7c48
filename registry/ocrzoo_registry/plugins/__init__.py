"""Plugins: hook specifications, the records that hooks yield, and the manager that loads them."""
