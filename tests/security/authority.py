"""Certificates for tests, as files: an authority of the test's own and what it issues."""

from __future__ import annotations

import ssl
from pathlib import Path

import trustme


class Authority:
    """Issues for localhost and 127.0.0.1."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._authority = trustme.CA()
        self.cert, self.key = folder / "server.pem", folder / "server.key"
        self.both = folder / "server.both.pem"
        self.root = folder / "root.pem"
        self._authority.cert_pem.write_to_path(str(self.root))
        self.issue()

    def issue(self) -> bytes:
        """Put a new certificate and its key in place; its DER form."""
        made = self._authority.issue_cert("localhost", "127.0.0.1")
        self.key.write_bytes(made.private_key_pem.bytes())
        self.cert.write_bytes(b"".join(blob.bytes() for blob in made.cert_chain_pems))
        self.both.write_bytes(made.private_key_and_cert_chain_pem.bytes())
        return ssl.PEM_cert_to_DER_cert(made.cert_chain_pems[0].bytes().decode())

    def trust(self) -> ssl.SSLContext:
        """What a client needs that believes this authority."""
        return ssl.create_default_context(cafile=self.root)
