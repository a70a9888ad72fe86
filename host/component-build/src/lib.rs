#![allow(clippy::expect_used, reason = "a build script fails by panicking")]
//! Builds a guest of this workspace for `wasm32-wasip2`, from the build script of the crate that embeds it.
//!
//! It guarantees that a plain `cargo run` or `cargo test` needs no second command: the target is added
//! where `rustup` can add it, and where it cannot, the build fails with one line that says what to do. The
//! guest has a target folder of its own below the workspace's (`target/components`), as the outer cargo
//! holds the lock of its own while build scripts run.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

/// The target that a plugin is compiled for.
pub const TARGET: &str = "wasm32-wasip2";

/// Guests that work on many pixels at once, and are compiled with the instructions for that; every engine has them.
const ON_PIXELS: &[&str] = &["client-connect-renderer"];

/// Builds `package`, whose sources lie at `sources` (relative to the workspace's root), in the release
/// profile, and returns the component's path. Tells cargo which files to watch.
///
/// # Panics
/// A build script can only fail by panicking; the message says what to do.
pub fn build(package: &str, sources: &[&str]) -> PathBuf {
    let root = workspace_root();
    for watched in sources.iter().chain(&["wit", "Cargo.lock"]) {
        println!("cargo:rerun-if-changed={}", root.join(watched).display());
    }
    let target_dir = components_dir();
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(&root).args(["build", "--release", "--target", TARGET, "--package", package]);
    cargo.arg("--target-dir").arg(&target_dir);
    // What the outer build set for its own target and its own lints is not meant for the guest.
    for (key, _) in env::vars_os() {
        let name = key.to_string_lossy();
        let outer = name.starts_with("CARGO") && !matches!(&*name, "CARGO_HOME" | "CARGO_NET_OFFLINE");
        if outer || name.starts_with("RUSTC") || name == "RUSTFLAGS" || name == "RUSTDOCFLAGS" {
            cargo.env_remove(&key);
        }
    }
    if ON_PIXELS.contains(&package) {
        cargo.env("CARGO_TARGET_WASM32_WASIP2_RUSTFLAGS", "-C target-feature=+simd128");
        // Each crate in one piece, which is optimised as a whole by itself: as quick to run as pieces that are put together
        // afterwards, and a tenth less to build. Pieces that are not would draw five times as slowly.
        cargo.env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "1").env("CARGO_PROFILE_RELEASE_LTO", "off");
    }
    add_target(&root);
    let status = cargo.status().unwrap_or_else(|error| panic!("cannot start cargo to build {package}: {error}"));
    assert!(
        status.success(),
        "{package} did not build for {TARGET}; if the target is missing, add it: rustup target add {TARGET}"
    );
    target_dir.join(TARGET).join("release").join(format!("{}.wasm", package.replace('-', "_")))
}

/// Adds the target if it is missing and `rustup` is there to add it; a build without it says the rest.
fn add_target(root: &Path) {
    let sysroot = Command::new(env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()))
        .args(["--print", "target-libdir", "--target", TARGET])
        .current_dir(root)
        .output();
    let present = sysroot.is_ok_and(|out| Path::new(String::from_utf8_lossy(&out.stdout).trim()).is_dir());
    if !present {
        let added = Command::new("rustup").args(["target", "add", TARGET]).current_dir(root).status();
        if !added.is_ok_and(|status| status.success()) {
            println!("cargo:warning=the target {TARGET} is missing; add it: rustup target add {TARGET}");
        }
    }
}

fn workspace_root() -> PathBuf {
    let manifest = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("set by cargo in a build script"));
    manifest
        .ancestors()
        .find(|folder| folder.join("wit/world.wit").is_file())
        .unwrap_or_else(|| panic!("{} is not inside the workspace", manifest.display()))
        .to_path_buf()
}

/// `OUT_DIR` is `<target>/<profile>/build/<package>/out`.
fn components_dir() -> PathBuf {
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("set by cargo in a build script"));
    let target = out
        .ancestors()
        .find(|folder| folder.join("CACHEDIR.TAG").is_file())
        .unwrap_or_else(|| panic!("{} lies in no target folder", out.display()));
    target.join("components")
}
