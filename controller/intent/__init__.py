"""What tenants should have: immutable models, loading with located errors, allocation of segment keys."""
