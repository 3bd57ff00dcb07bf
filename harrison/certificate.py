"""Make the certificate of a trial installation."""

import ipaddress
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

DAYS = 3653


def self_signed_certificate(folder: Path) -> tuple[Path, Path]:
    """The certificate in this folder and its key. Both are made on the first call."""
    certificate, key = folder / "cert.crt", folder / "cert.key"
    if not (certificate.exists() and key.exists()):
        private_key = ec.generate_private_key(ec.SECP256R1())
        write_private_key(private_key, key)
        certificate.write_bytes(sign_certificate(private_key).public_bytes(serialization.Encoding.PEM))
    return certificate, key


def write_private_key(private_key: ec.EllipticCurvePrivateKey, path: Path) -> None:
    """Write a key that only its owner may read."""
    path.unlink(missing_ok=True)
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    with open(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
        file.write(private_key.private_bytes(encoding, form, serialization.NoEncryption()))


def sign_certificate(private_key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    """A certificate for localhost and 127.0.0.1."""
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    begin = datetime.now(UTC) - timedelta(days=1)
    return (
        x509.CertificateBuilder(issuer_name=name, subject_name=name)
        .public_key(private_key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + timedelta(days=DAYS))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(private_key, hashes.SHA256())
    )
