//! The command line: one binary, one command for each thing an operator does.
//!
//! What is asked for goes to stdout; everything else goes to stderr. A failure says `error:`, `cause:` and `hint:`, and
//! ends with a status that tells programs what kind it was ([`exit`]).

mod args;
mod conformance;
mod plugin;
mod records;
mod serve;
mod stop;
mod whole;

use std::process::ExitCode;

pub use stop::{Stop, exit};

use crate::config::{Config, Raw};

/// Runs the program with these arguments, its own name first.
pub fn main(arguments: impl IntoIterator<Item = std::ffi::OsString>) -> ExitCode {
    let matches = match args::command().try_get_matches_from(arguments) {
        Ok(matches) => matches,
        Err(error) => {
            let code = if error.use_stderr() { exit::USAGE } else { exit::OK };
            // If nobody reads what is printed, there is nobody to tell.
            let _ = error.print();
            return code.into();
        }
    };
    match run(&matches) {
        Ok(code) => code.into(),
        Err(stop) => {
            eprint!("{stop}");
            stop.code.into()
        }
    }
}

fn run(matches: &clap::ArgMatches) -> Result<u8, Stop> {
    let (name, of_command) = matches.subcommand().unwrap_or(("demo", matches));
    let mut raw = args::settings(matches, of_command)?;
    if name == "demo" {
        raw.default_to("data-dir", "./data/demo");
    }
    let config = || understood(&raw);
    match name {
        "demo" => serve::demo(config()?),
        "serve" => serve::serve(config()?),
        "check" => plugin::check(of_command),
        "plugin" => match of_command.subcommand() {
            Some(("set", args)) => plugin::set(&config()?, args),
            Some(("unset", _)) => plugin::unset(&config()?),
            _ => plugin::show(&config()?),
        },
        "conformance" => match of_command.subcommand() {
            Some((_, serve)) => conformance::serve(serve),
            None => conformance::run(of_command, raw.get("plugin")),
        },
        "config" => {
            config()?;
            print!("{}", raw.print());
            Ok(exit::OK)
        }
        "openapi" => {
            let document = crate::web::openapi()
                .to_pretty_json()
                .map_err(|error| Stop::failed("the description cannot be written", error))?;
            println!("{document}");
            Ok(exit::OK)
        }
        "audit" => match of_command.subcommand_name() {
            Some("checkpoint") => records::audit_checkpoint(&config()?),
            _ => records::audit_verify(&config()?, of_command),
        },
        "verify" => whole::verify(&config()?),
        "backup" => whole::backup(&config()?, of_command),
        "restore" => whole::restore(&config()?, of_command),
        "user" => match of_command.subcommand_name() {
            Some("remove-second-factor") => records::remove_second_factor(&config()?, of_command),
            _ => records::user_add(&config()?, of_command),
        },
        "mail" => serve::mail_test(&config()?, of_command),
        name => Err(Stop::new(exit::USAGE, format!("there is no command {name}"), "", "see --help")),
    }
}

fn understood(raw: &Raw) -> Result<Config, Stop> {
    Ok(Config::new(raw)?)
}
