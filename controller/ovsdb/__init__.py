"""Hypervisors' databases: sessions after RFC 7047, and what hosts are given through them."""
