"""An authority for tests, and certificates of it."""

from __future__ import annotations

from pathlib import Path

from namespaces import run


def certificates(directory: Path, *names: str) -> None:
    """An authority in `ca.pem`, and for each name a certificate of it and its key: `NAME.pem`, `NAME.key`."""
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    _openssl(
        directory, "req", "-x509", *curve, "-subj", "/CN=ca", "-days", "2", "-keyout", "@ca.key", "-out", "@ca.pem"
    )
    for name in names:
        _openssl(directory, "req", *curve, "-subj", f"/CN={name}", "-keyout", f"@{name}.key", "-out", f"@{name}.csr")
        signing = ["-CA", "@ca.pem", "-CAkey", "@ca.key", "-CAcreateserial", "-days", "2"]
        _openssl(directory, "x509", "-req", "-in", f"@{name}.csr", *signing, "-out", f"@{name}.pem")


def _openssl(directory: Path, *arguments: str) -> None:
    run(["openssl", *(argument.replace("@", f"{directory}/") for argument in arguments)])
