"""Removes what labs left behind whose owners are dead, as the next lab would (`./run clean`)."""

from __future__ import annotations

from lab_ledger import sweep

if __name__ == "__main__":
    removed = sweep()
    print("\n".join(f"removed what run {run} left behind" for run in removed) or "nothing was left behind")
