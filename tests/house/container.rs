//! The Dockerfile and the chart say what the rest of the project says: the toolchain, the version, who it
//! runs as, and that the image is the folder that `tests/container` starts.

const DOCKERFILE: &str = include_str!("../../Dockerfile");
const TOOLCHAIN: &str = include_str!("../../rust-toolchain.toml");
const CHART: &str = include_str!("../../deploy/helm/osier/Chart.yaml");

#[test]
fn the_builder_has_the_toolchain_of_the_gate() {
    let channel = TOOLCHAIN.lines().find_map(|line| line.strip_prefix("channel = ")).unwrap();
    let version = format!("\nARG RUST_VERSION={}\n", channel.trim_matches('"'));
    assert!(DOCKERFILE.contains(&version), "rust-toolchain.toml has {channel}");
}

#[test]
fn the_versions_are_the_crates() {
    let version = env!("CARGO_PKG_VERSION");
    assert!(DOCKERFILE.contains(&format!("\nARG VERSION={version}\n")));
    assert!(CHART.contains(&format!("\nappVersion: \"{version}\"\n")));
}

#[test]
fn the_last_stage_is_the_folder_that_was_laid_out() {
    let (_, last) = DOCKERFILE.split_once("\nFROM scratch\n").unwrap();
    let copies: Vec<_> = last.lines().filter(|line| line.starts_with("COPY ")).collect();
    assert_eq!(
        copies,
        [
            "COPY --from=builder /rootfs/ /",
            "COPY --from=builder --chown=65532:65532 /rootfs/var/lib/osier/ /var/lib/osier/",
        ]
    );
    assert!(!last.contains("\nRUN ") && !last.contains("\nADD ") && !last.contains("\nFROM "));
    assert!(last.contains("\nUSER 65532:65532\n"));
    assert!(DOCKERFILE.contains("\nRUN deploy/container/build /rootfs\n"));
}
