import datetime as dt
import ssl

import oracledb
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.oracle_standin.tns_standin import Scripted, Server


def make(dirname, cn="127.0.0.1"):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, cn)])
    now = dt.datetime.now(dt.UTC)
    cert = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=2))
        .add_extension(x509.BasicConstraints(True, None), True)
        .sign(key, hashes.SHA256())
    )
    pem = cert.public_bytes(serialization.Encoding.PEM)
    priv = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (dirname / "ewallet.pem").write_bytes(pem)
    (dirname / "srv.pem").write_bytes(pem + priv)
    ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ctx.load_cert_chain(dirname / "srv.pem")
    return ctx


@pytest.mark.parametrize("profile", ["19c", "23ai"])
def test_tcps_with_a_wallet_and_tnsnames(tmp_path, profile):
    ctx = make(tmp_path)
    b = Scripted()
    b.on("quick", "A NUMBER", [(2,)])
    with Server(b, users={"APP": "s3cret"}, tls=ctx, profile=profile) as s:
        write_tnsnames(tmp_path, s)
        c = oracledb.connect(
            user="app",
            password="s3cret",
            dsn="ERP",
            config_dir=str(tmp_path),
            wallet_location=str(tmp_path),
        )
        assert c.cursor().execute("select quick from dual").fetchall() == [(2,)]
        c.close()


@pytest.mark.parametrize("profile", ["19c", "23ai"])
def test_tcps_without_the_wallet_trusts_nobody(tmp_path, profile):
    ctx = make(tmp_path)
    with Server(Scripted(), users={"APP": "s3cret"}, tls=ctx, profile=profile) as s:
        write_tnsnames(tmp_path, s)
        with pytest.raises(oracledb.Error, match=r"CERTIFICATE_VERIFY_FAILED|certificate"):
            oracledb.connect(user="app", password="s3cret", dsn="ERP", config_dir=str(tmp_path))


def write_tnsnames(folder, server):
    (folder / "tnsnames.ora").write_text(
        f"ERP = (DESCRIPTION=(ADDRESS=(PROTOCOL=tcps)(HOST={server.host})"
        f"(PORT={server.port}))(CONNECT_DATA=(SERVICE_NAME={server.service})))\n"
    )


def test_wrong_name_in_certificate(tmp_path):
    ctx = make(tmp_path, cn="other.example")
    with Server(Scripted(), tls=ctx) as s:
        with pytest.raises(oracledb.Error, match=r"DPY-6005|DPY-4026|name"):
            oracledb.connect(
                user="app",
                password="secret",
                dsn=f"tcps://{s.host}:{s.port}/{s.service}",
                wallet_location=str(tmp_path),
            )
