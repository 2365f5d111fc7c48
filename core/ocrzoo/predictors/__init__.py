"""Predictors: one model on images, from arrays to results, without files."""
