"""Answers questions over HTTP: what was asked for, what is there, what happened, and how it goes."""
