//! Compiles the plugin and the renderer, so that whoever depends on this crate has them in the binary.
use client_connect_component_build::build;

fn main() {
    let plugin = build("client-connect-plugin", &["plugin/src", "plugin/Cargo.toml"]);
    println!("cargo:rustc-env=CLIENT_CONNECT_PLUGIN={}", plugin.display());
    let sources = ["src", "Cargo.toml"].map(|place| format!("host/preview/renderer/{place}"));
    let renderer =
        build("client-connect-renderer", &[&sources[0], &sources[1], "host/preview/wit", "host/preview/fonts"]);
    println!("cargo:rustc-env=CLIENT_CONNECT_RENDERER={}", renderer.display());
}
