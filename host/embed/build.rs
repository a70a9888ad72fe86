//! Compiles the plugin, so that whoever depends on this crate has it in the binary.
fn main() {
    let component =
        client_connect_component_build::build("client-connect-plugin", &["plugin/src", "plugin/Cargo.toml"]);
    println!("cargo:rustc-env=CLIENT_CONNECT_PLUGIN={}", component.display());
}
