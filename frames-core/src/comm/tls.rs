//! `tls://`: the same bytes, encrypted. Both sides show a certificate, as Dask's `Security` asks for it.

use super::Options;
use std::fmt;
use std::io::{self, ErrorKind};
use std::path::Path;
use std::sync::Arc;
use tokio::net::TcpStream;
use tokio_rustls::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use tokio_rustls::rustls::client::{WebPkiServerVerifier, verify_server_cert_signed_by_trust_anchor};
use tokio_rustls::rustls::crypto::{CryptoProvider, ring};
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use tokio_rustls::rustls::server::{ParsedCertificate, WebPkiClientVerifier};
use tokio_rustls::rustls::{
    ClientConfig, DigitallySignedStruct, Error as TlsError, RootCertStore, ServerConfig, SignatureScheme,
};
use tokio_rustls::{TlsAcceptor, TlsConnector, TlsStream};

/// The certificates of one side, and those that it trusts.
///
/// [`from_pem_files`](Self::from_pem_files) does as Dask does: either side must show a certificate that the authority has signed, and
/// the name in it is not compared with the host. An authority that is the certificate at the same time, as `openssl req -x509` makes one, is
/// refused by rustls. Who wants names checked, or anything else, makes it [`from_configs`](Self::from_configs).
///
/// ```no_run
/// use frames_core::comm::{Options, Tls};
/// let options = Options::new().tls(Tls::from_pem_files("ca.pem", "cert.pem", "key.pem")?);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone)]
pub struct Tls {
    client: Arc<ClientConfig>,
    server: Arc<ServerConfig>,
}

impl Tls {
    /// From PEM files: the authority's certificate, and this side's certificate (with what is between it and the authority) and key.
    /// They are `tls-ca-file`, `tls-cert` and `tls-key` in Dask; the key may be in the file of the certificate.
    ///
    /// # Errors
    ///
    /// A file cannot be read, holds nothing of the kind (`InvalidData`), or key and certificate do not belong together.
    ///
    /// ```
    /// let error = frames_core::comm::Tls::from_pem_files("no.pem", "no.pem", "no.pem").unwrap_err();
    /// assert!(error.to_string().contains("no.pem"));
    /// ```
    pub fn from_pem_files(
        ca: impl AsRef<Path>,
        certificate: impl AsRef<Path>,
        key: impl AsRef<Path>,
    ) -> io::Result<Self> {
        let mut roots = RootCertStore::empty();
        for root in certificates(ca.as_ref())? {
            roots.add(root).map_err(|e| in_file(ca.as_ref(), e))?;
        }
        let (roots, provider) = (Arc::new(roots), Arc::new(ring::default_provider()));
        let chain = certificates(certificate.as_ref())?;
        let key = PrivateKeyDer::from_pem_file(key.as_ref()).map_err(|e| in_file(key.as_ref(), e))?;

        let clients = WebPkiClientVerifier::builder_with_provider(roots.clone(), provider.clone());
        let clients = clients.build().map_err(|e| in_file(ca.as_ref(), e))?;
        let server = ServerConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()
            .and_then(|config| {
                config.with_client_cert_verifier(clients).with_single_cert(chain.clone(), key.clone_key())
            })
            .map_err(|e| in_file(certificate.as_ref(), e))?;

        let inner = WebPkiServerVerifier::builder_with_provider(roots.clone(), provider.clone());
        let inner = inner.build().map_err(|e| in_file(ca.as_ref(), e))?;
        let client = ClientConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()
            .map(|config| {
                config.dangerous().with_custom_certificate_verifier(Arc::new(AnyName { roots, provider, inner }))
            })
            .and_then(|config| config.with_client_auth_cert(chain, key))
            .map_err(|e| in_file(certificate.as_ref(), e))?;
        Ok(Tls { client: Arc::new(client), server: Arc::new(server) })
    }

    /// From settings of one's own: `client` for those who connect, `server` for those who listen.
    ///
    /// ```
    /// use frames_core::comm::{Tls, rustls};
    /// use std::sync::Arc;
    /// # fn configs(client: rustls::ClientConfig, server: rustls::ServerConfig) {
    /// let tls = Tls::from_configs(Arc::new(client), Arc::new(server));
    /// # let _ = tls;
    /// # }
    /// ```
    pub fn from_configs(client: Arc<ClientConfig>, server: Arc<ServerConfig>) -> Self {
        Tls { client, server }
    }

    pub(super) async fn connect(&self, place: &str, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        stream.set_nodelay(true)?;
        let host = place.rsplit_once(':').map_or(place, |(host, _)| host).trim_matches(['[', ']']);
        let name = ServerName::try_from(host.to_owned()).map_err(|e| io::Error::new(ErrorKind::InvalidInput, e))?;
        Ok(TlsConnector::from(self.client.clone()).connect(name, stream).await?.into())
    }

    pub(super) async fn accept(&self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        stream.set_nodelay(true)?;
        Ok(TlsAcceptor::from(self.server.clone()).accept(stream).await?.into())
    }
}

/// Keys are not shown.
impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tls")
    }
}

pub(super) fn of(options: &Options) -> io::Result<&Tls> {
    options
        .tls
        .as_ref()
        .ok_or_else(|| io::Error::new(ErrorKind::InvalidInput, "tls:// needs certificates: set them with Options::tls"))
}

fn certificates(path: &Path) -> io::Result<Vec<CertificateDer<'static>>> {
    let found = CertificateDer::pem_file_iter(path).map_err(|e| in_file(path, e))?;
    let found = found.collect::<Result<Vec<_>, _>>().map_err(|e| in_file(path, e))?;
    match found.is_empty() {
        true => Err(in_file(path, "there is no certificate in it")),
        false => Ok(found),
    }
}

#[cold]
fn in_file(path: &Path, error: impl fmt::Display) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, format!("{}: {error}", path.display()))
}

/// A certificate that the authority has signed, for whatever name: Dask does not compare it with the host.
#[derive(Debug)]
struct AnyName {
    roots: Arc<RootCertStore>,
    provider: Arc<CryptoProvider>,
    inner: Arc<WebPkiServerVerifier>,
}

impl ServerCertVerifier for AnyName {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        between: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, TlsError> {
        let algorithms = self.provider.signature_verification_algorithms.all;
        let certificate = ParsedCertificate::try_from(certificate)?;
        verify_server_cert_signed_by_trust_anchor(&certificate, &self.roots, between, now, algorithms)?;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        self.inner.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        self.inner.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}
