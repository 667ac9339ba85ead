//! Debian's nginx with the configuration of `deploy/compose`, on a port of the loopback, in front of two
//! replicas. It ends with the test.

use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::postgres::as_user;

const TEMPLATE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/compose/nginx.conf.template");

/// A running nginx.
pub struct Nginx {
    server: Child,
    folder: TempDir,
}

impl Nginx {
    /// Starts it on this port, in front of what listens on those.
    pub fn start(port: u16, replicas: [u16; 2]) -> Self {
        let folder = tempfile::Builder::new().prefix("osier-nginx-").tempdir().unwrap();
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o777)).unwrap();
        let path = folder.path().to_str().unwrap();
        let template = std::fs::read_to_string(TEMPLATE).unwrap();
        let conf = template
            .replace("${NGINX_LISTEN}", &format!("127.0.0.1:{port}"))
            .replace("${NGINX_INCLUDE}", path)
            .replace("${NGINX_STATE}", path)
            .replace("${OSIER_1}", &format!("127.0.0.1:{}", replicas[0]))
            .replace("${OSIER_2}", &format!("127.0.0.1:{}", replicas[1]));
        std::fs::write(folder.path().join("nginx.main"), conf).unwrap();
        let log = std::fs::File::create(folder.path().join("log")).unwrap();
        let server = as_user("/usr/sbin/nginx")
            .args(["-p", path, "-c", &format!("{path}/nginx.main"), "-e", "stderr"])
            .args(["-g", "daemon off;"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        let nginx = Self { server, folder };
        let started = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(started.elapsed() < Duration::from_secs(10), "nginx: {}", nginx.log());
            std::thread::sleep(Duration::from_millis(20));
        }
        nginx
    }

    /// What it said.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap()
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // Its workers end with it: TERM is a fast shutdown.
        let pid = self.server.id().to_string();
        let _ = std::process::Command::new("kill").args(["-s", "TERM", &pid]).status();
        let _ = self.server.wait();
    }
}
