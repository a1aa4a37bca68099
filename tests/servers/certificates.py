"""Certificates of a test authority: good ones, expired ones, and ones for another host."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import trustme


@dataclass(frozen=True, slots=True)
class Certificates:
    """Files that a server and its client need."""

    ca_file: Path
    cert_file: Path
    key_file: Path


def make(folder: Path, *hosts: str, expired: bool = False) -> Certificates:
    """An authority and a certificate for some hosts, written into a folder."""
    authority = trustme.CA()
    until = datetime.now(UTC) - timedelta(days=1) if expired else None
    server = authority.issue_cert(*hosts, not_after=until)
    found = Certificates(folder / "ca.pem", folder / "cert.pem", folder / "key.pem")
    authority.cert_pem.write_to_path(found.ca_file)
    found.cert_file.write_bytes(b"".join(blob.bytes() for blob in server.cert_chain_pems))
    server.private_key_pem.write_to_path(found.key_file)
    return found
