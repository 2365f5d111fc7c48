"""Predictors: run one model on images."""
