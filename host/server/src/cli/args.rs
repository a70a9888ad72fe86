//! What can be said on the command line.

use std::{collections::BTreeMap, path::PathBuf};

use clap::{Arg, ArgAction, ArgGroup, ArgMatches, Command, value_parser};

use super::Stop;
use crate::config::{self, Raw, SETTINGS};

/// The whole command line.
pub(super) fn command() -> Command {
    let settings = SETTINGS.iter().map(|setting| {
        let silent = setting.default.is_empty() || setting.help.contains("default:");
        let default = if silent { String::new() } else { format!("; default: {}", setting.default) };
        Arg::new(setting.key)
            .long(config::flag(setting.key).trim_start_matches('-').to_owned())
            .value_name(setting.value)
            .help(format!("{}{default} [{}]", setting.help, config::variable(setting.key)))
            .help_heading("Settings")
            .global(true)
            // A password on the command line is everybody's on the machine.
            .hide(setting.secret)
    });
    let nested = |name: &'static str, about: &'static str| {
        Command::new(name).about(about).subcommand_required(true).arg_required_else_help(true)
    };
    Command::new("client-connect")
        .version(env!("CARGO_PKG_VERSION"))
        .about("Share the documents of a matter with its contacts, and let them send documents back.")
        .after_help("Without a command: demo.")
        .arg(
            Arg::new("config")
                .short('c')
                .long("config")
                .value_name("FILE")
                .help("A TOML file with settings [CLIENT_CONNECT_CONFIG]")
                .help_heading("Settings")
                .value_parser(value_parser!(PathBuf))
                .global(true),
        )
        .args(settings)
        .subcommand(Command::new("demo").about("Serve the demo firm to this machine, with a page that shows all mails"))
        .subcommand(Command::new("serve").about("Serve a firm's portal"))
        .subcommand(
            Command::new("check")
                .about("Check whether a plugin would run here, and print what does not fit; the status tells: 0 or 1")
                .arg(Arg::new("file").value_name("PLUGIN").required(true).value_parser(value_parser!(PathBuf))),
        )
        .subcommand(
            nested("plugin", "The plugin that the records keep for every host on them")
                .subcommand(plugin_set())
                .subcommand(Command::new("show").about("Print its SHA-256 and size"))
                .subcommand(Command::new("unset").about("Keep none: each host runs that of its settings, or its own")),
        )
        .subcommand(conformance())
        .subcommand(nested("audit", "The audit log").subcommand(audit_verify()).subcommand(audit_checkpoint()))
        .subcommand(Command::new("verify").about("Prove that records, documents and audit log agree"))
        .subcommand(nested("user", "Users").subcommand(user_add()).subcommand(remove_second_factor()))
        .subcommand(
            Command::new("backup")
                .about("Write the records and the documents into a new folder, while the host serves")
                .arg(Arg::new("dir").value_name("DIR").required(true).value_parser(value_parser!(PathBuf))),
        )
        .subcommand(
            Command::new("restore")
                .about("Make a backup the records and documents again, less what was taken away from anybody since")
                .arg(Arg::new("dir").value_name("DIR").required(true).value_parser(value_parser!(PathBuf)))
                .arg(
                    Arg::new("without-revocations")
                        .long("without-revocations")
                        .action(ArgAction::SetTrue)
                        .help("Where they are lost: who had access at the backup's time has it again"),
                ),
        )
        .subcommand(
            nested("config", "The settings")
                .subcommand(Command::new("print").about("Print every setting and where it came from")),
        )
        .subcommand(Command::new("openapi").about("Print the API's description"))
        .subcommand(nested("mail", "Mail").subcommand(mail_test()))
}

fn plugin_set() -> Command {
    Command::new("set")
        .about("Check a plugin and keep it; the hosts that serve take it on within seconds, without a restart")
        .arg(Arg::new("file").value_name("PLUGIN").value_parser(value_parser!(PathBuf)))
        .arg(
            Arg::new("embedded")
                .long("embedded")
                .action(ArgAction::SetTrue)
                .help("The one that this program embeds: to go on with it while hosts of another version come"),
        )
        .group(ArgGroup::new("which").args(["file", "embedded"]).required(true))
}

fn conformance() -> Command {
    let file = |name: &'static str| Arg::new(name).long(name).value_name("FILE").value_parser(value_parser!(PathBuf));
    Command::new("conformance")
        .about("Tell the contract's scenarios to a host, this one or another, and print what it does otherwise; the status tells: 0 or 1")
        .subcommand(
            Command::new("serve")
                .about("Be the host that is asked: messages from stdin, answers to stdout")
                .arg(Arg::new("backend").long("backend").value_name("NAME").default_value("memory").help("memory, sqlite, postgres"))
                .arg(file("cache").value_name("DIR").help("A folder for compiled plugins, an absolute path")),
        )
        .arg(file("probe").help("The plugin that does as it is asked, to see what the host lets it do"))
        .arg(Arg::new("only").long("only").value_name("TEXT").help("Scenarios with this in their name, or of this group"))
        .arg(Arg::new("json").long("json").action(ArgAction::SetTrue).help("For programs"))
        .arg(
            Arg::new("command")
                .value_name("COMMAND")
                .last(true)
                .num_args(1..)
                .help("Starts the adapter of another host; without it, this host is asked, over each of its backends"),
        )
}

fn audit_verify() -> Command {
    Command::new("verify")
        .about("Prove that the audit log is whole; prints the head of each firm's chain")
        .arg(
            Arg::new("head")
                .long("head")
                .value_name("FIRM:SEQ:HASH")
                .help("A head that was kept elsewhere, as this command printed it: it must be part of the chain")
                .action(ArgAction::Append),
        )
        .arg(
            Arg::new("checkpoint")
                .long("checkpoint")
                .value_name("FILE")
                .help("Signed heads that were kept elsewhere, one or a whole list: each must be part of its chain")
                .value_parser(value_parser!(PathBuf))
                .action(ArgAction::Append),
        )
        .arg(
            Arg::new("key")
                .long("key")
                .value_name("KEY")
                .requires("checkpoint")
                .help("The key they are signed with, as `audit checkpoint` printed it; default: the one of audit.key"),
        )
}

fn audit_checkpoint() -> Command {
    Command::new("checkpoint").about("Print a signed head of each firm's chain, and the key to verify it with")
}

fn user_add() -> Command {
    let word = |name: &'static str, value: &'static str| Arg::new(name).long(name).value_name(value);
    Command::new("add")
        .about("Add a user, with a password from stdin")
        .arg(word("email", "ADDRESS").required(true))
        .arg(word("name", "NAME").required(true))
        .arg(word("firm", "NAME").help("The firm's name or id; added if there is none yet"))
        .arg(word("sender", "ADDRESS").help("With a new firm: the address that its mails come from"))
        .arg(word("locale", "TAG").default_value("en"))
        .arg(
            Arg::new("admin")
                .long("admin")
                .action(ArgAction::SetTrue)
                .help("May change the firm's settings and read its audit"),
        )
}

fn remove_second_factor() -> Command {
    Command::new("remove-second-factor")
        .about("Take away the second factor of a user who has lost it, and end their sessions; they are told by mail")
        .arg(Arg::new("email").long("email").value_name("ADDRESS").required(true))
}

fn mail_test() -> Command {
    Command::new("test")
        .about("Send a mail to an address")
        .arg(Arg::new("to").value_name("ADDRESS").required(true))
        .arg(Arg::new("from").long("from").value_name("ADDRESS").required(true).help("The address that it comes from"))
}

/// The settings of flags, environment and file.
pub(super) fn settings(matches: &ArgMatches, of_command: &ArgMatches) -> Result<Raw, Stop> {
    // A global flag may stand before the command, after it, or after the command's command.
    let innermost = of_command.subcommand().map_or(of_command, |(_, inner)| inner);
    let places = [innermost, of_command, matches];
    let mut flags = BTreeMap::new();
    for setting in SETTINGS {
        if let Some(value) = places.into_iter().find_map(|args| args.get_one::<String>(setting.key)) {
            flags.insert(setting.key, value.clone());
        }
    }
    let file = places.into_iter().find_map(|args| args.get_one::<PathBuf>("config")).cloned();
    let file = file.or_else(|| std::env::var_os("CLIENT_CONNECT_CONFIG").map(PathBuf::from));
    Ok(Raw::merge(file.as_deref(), |name| std::env::var(name).ok(), &flags)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_holds_together() {
        command().debug_assert();
    }

    #[test]
    fn a_setting_may_stand_before_or_after_the_command() {
        let before = ["client-connect", "--listen", "127.0.0.1:1", "serve"];
        let after = ["client-connect", "serve", "--listen", "127.0.0.1:1"];
        for line in [before, after] {
            let matches = command().try_get_matches_from(line).unwrap();
            let (_, of_command) = matches.subcommand().unwrap();
            assert_eq!(settings(&matches, of_command).unwrap().get("listen"), "127.0.0.1:1");
        }
    }
}
