//! The command line of the reference host.

/// Quicker than the system's where many threads ask for much that is small: the records of a page.
#[global_allocator]
static MEMORY: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    client_connect::cli::main(std::env::args_os())
}
