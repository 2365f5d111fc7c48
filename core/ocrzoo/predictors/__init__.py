"""Predictors: a model card, a loaded network and a task's rules, put together. Batch first."""
