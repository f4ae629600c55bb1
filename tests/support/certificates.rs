//! Certificates for `tls://`, made anew for each run of the tests: an authority, one that it signed, and a stranger's.

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use std::path::{Path, PathBuf};

/// PEM files in a directory of this process.
pub(crate) struct Certificates {
    directory: PathBuf,
}

impl Certificates {
    pub(crate) fn new(name: &str) -> Self {
        let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("tls-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&directory).unwrap();
        let certificates = Certificates { directory };
        let authority = |name: &str| {
            let mut params = CertificateParams::new(Vec::new()).unwrap();
            // A certificate of the same name as its authority's is taken for one that signed itself.
            params.distinguished_name.push(DnType::CommonName, name);
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
        };
        let (ours, theirs) = (authority("ours"), authority("theirs"));
        certificates.write("ca.pem", &ours.pem());
        for (name, authority) in [("cert", &ours), ("stranger", &theirs)] {
            let key = KeyPair::generate().unwrap();
            // A name that no test connects to: Dask does not look at it.
            let params = CertificateParams::new(vec!["nobody.example".into()]).unwrap();
            let certificate = params.signed_by(&key, authority).unwrap();
            certificates.write(&format!("{name}.pem"), &certificate.pem());
            certificates.write(&format!("{name}-key.pem"), &key.serialize_pem());
        }
        certificates
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.directory.join(name), text).unwrap();
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.directory.join(name).display().to_string()
    }

    /// The authority, a certificate that it signed, and its key.
    pub(crate) fn files(&self) -> [String; 3] {
        ["ca.pem", "cert.pem", "cert-key.pem"].map(|name| self.path(name))
    }

    /// The authority, and a certificate of somebody else's.
    pub(crate) fn stranger(&self) -> [String; 3] {
        ["ca.pem", "stranger.pem", "stranger-key.pem"].map(|name| self.path(name))
    }
}

impl Drop for Certificates {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}
