//! The command line of the reference host.

fn main() -> std::process::ExitCode {
    client_connect::cli::main(std::env::args_os())
}
