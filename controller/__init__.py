"""Tenantry's controller: intent and fabric in, the program of each switch out."""
