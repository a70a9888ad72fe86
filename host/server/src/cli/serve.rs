//! `serve`, `demo` and `mail test`: the commands that speak to the network.

use std::time::{SystemTime, UNIX_EPOCH};

use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing_subscriber::{EnvFilter, fmt, layer::SubscriberExt, util::SubscriberInitExt};

use super::{Stop, exit};
use crate::{
    app::{self, App, Options, Running},
    config::{Config, Log},
    demo,
    mail::{
        Mailer,
        message::{self, Envelope, Words},
    },
};

/// Serves a firm's portal until a signal ends it.
pub(super) fn serve(config: Config) -> Result<u8, Stop> {
    config.fit_to_serve()?;
    log(&config.log)?;
    runtime()?.block_on(async {
        let running = app::serve(&config, Options::default()).await?;
        prepare(&running);
        tracing::info!(addr = %running.addr, public_url = config.public_url, "serving");
        until_told_to_stop(running).await
    })
}

/// Serves the demo firm to this machine.
pub(super) fn demo(config: Config) -> Result<u8, Stop> {
    if !config.is_local() {
        return Err(Stop::new(
            exit::CONFIG,
            "the demo serves this machine only",
            format!("it would listen on {} as {}", config.listen, config.public_url),
            "its passwords are known to everybody; to serve others, run `client-connect serve`",
        ));
    }
    let config = Config { mail: None, log: Log { filter: quiet(&config.log.filter), ..config.log.clone() }, ..config };
    log(&config.log)?;
    runtime()?.block_on(async {
        let opened = config.clone();
        let options = Options { mailer: Some(Mailer::Mailbox), ..Options::default() };
        let app = tokio::task::spawn_blocking(move || App::open(&opened, options))
            .await
            .map_err(|error| Stop::failed("the demo cannot start", error))??;
        let sign_ins = demo::seed_once(&app).await?;
        let running = app::serve_app(app, &config).await?;
        prepare(&running);
        // Asked for any free port, the address is known only now.
        let url =
            if config.listen.port() == 0 { format!("http://{}", running.addr) } else { config.public_url.clone() };
        println!("Client Connect serves the demo firm at {url}");
        println!("  API      {url}/api/openapi.json");
        println!("  Mailbox  {url}/mailbox (all mails, sign-in codes too: none leaves this machine)");
        println!("  Data     {}", config.data_dir.display());
        println!("\n{sign_ins}\nCtrl-C ends it.");
        until_told_to_stop(running).await
    })
}

/// Compiles what draws pages before the first is wanted. A host that cannot do it serves all else.
fn prepare(running: &Running) {
    let app = running.app.clone();
    // A thread that nobody waits for when the host is told to stop.
    std::thread::spawn(move || app.previews.prepare().is_ok());
}

/// Unless somebody asked for more, the demo's terminal shows warnings only.
fn quiet(filter: &str) -> String {
    if filter == "info" { "warn".to_owned() } else { filter.to_owned() }
}

fn runtime() -> Result<tokio::runtime::Runtime, Stop> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Stop::failed("no threads to serve with", error))
}

/// Begins to write the log to stderr.
fn log(log: &Log) -> Result<(), Stop> {
    let filter = EnvFilter::try_new(&log.filter).map_err(|error| {
        let what = format!("log.level cannot be {:?}", log.filter);
        Stop::new(exit::CONFIG, what, error.to_string(), "error, warn, info, debug, or a filter by module")
    })?;
    let registry = tracing_subscriber::registry().with(filter);
    let started = if log.json {
        registry.with(fmt::layer().json().flatten_event(true).with_writer(std::io::stderr)).try_init()
    } else {
        registry.with(fmt::layer().with_target(false).with_writer(std::io::stderr)).try_init()
    };
    started.map_err(|error| Stop::failed("the log cannot be written", error))
}

fn heard(kind: SignalKind) -> Result<Signal, Stop> {
    signal(kind).map_err(|error| Stop::failed("signals cannot be heard", error))
}

/// SIGTERM and SIGINT stop it, a second one at once, and a disk that fails for good; SIGHUP takes the plugin on anew.
async fn until_told_to_stop(mut running: Running) -> Result<u8, Stop> {
    let mut terminate = heard(SignalKind::terminate())?;
    let mut interrupt = heard(SignalKind::interrupt())?;
    let mut hang_up = heard(SignalKind::hangup())?;
    let room = running.app.room.clone();
    let code = loop {
        tokio::select! {
            _ = terminate.recv() => break exit::OK,
            _ = interrupt.recv() => break exit::OK,
            // Whoever watches over it starts it again: on what the disk has by then.
            () = room.failed() => break exit::UNAVAILABLE,
            _ = hang_up.recv() => {
                let app = running.app.clone();
                match tokio::task::spawn_blocking(move || app.reload_plugin()).await {
                    Ok(Ok(())) => {}
                    Ok(Err(error)) => tracing::error!(%error, "the plugin does not pass; the old one runs on"),
                    Err(error) => tracing::error!(%error, "the plugin was not looked at"),
                }
            }
            ended = running.ended() => {
                ended.map_err(|error| Stop::failed("the listener broke", error))?;
                return Ok(exit::FAILED);
            }
        }
    };
    tracing::info!("stopping");
    tokio::select! {
        in_time = running.shut_down() => {
            if !in_time {
                tracing::warn!("requests were cut off");
            }
            Ok(code)
        }
        _ = terminate.recv() => std::process::exit(exit::TERMINATED.into()),
        _ = interrupt.recv() => std::process::exit(exit::INTERRUPTED.into()),
    }
}

/// Sends one mail through the mail server of the settings.
pub(super) fn mail_test(config: &Config, args: &clap::ArgMatches) -> Result<u8, Stop> {
    let args = args.subcommand().map_or(args, |(_, inner)| inner);
    let word = |name: &str| args.get_one::<String>(name).cloned().unwrap_or_default();
    let Some(server) = &config.mail else {
        return Err(Stop::new(exit::CONFIG, "mail.host is not set", "", "set --mail-host"));
    };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs() * 1000);
    let envelope = Envelope {
        firm: "Client Connect".to_owned(),
        sender: word("from"),
        recipient: word("to"),
        letter: crate::store::new_id(),
        at: now,
    };
    let words = Words {
        subject: "A test of Client Connect".to_owned(),
        text: "This mail shows that mail works.\n".to_owned(),
        html: "<p>This mail shows that mail works.</p>\n".to_owned(),
    };
    let message = message::build(&envelope, &words)
        .map_err(|cause| Stop::new(exit::USAGE, "the mail cannot be written", cause, ""))?;
    runtime()?.block_on(async {
        let mailer = Mailer::smtp(server)
            .map_err(|cause| Stop::new(exit::CONFIG, "the mail server cannot be used", cause, ""))?;
        mailer.send(message).await.map_err(|undelivered| {
            let code = if undelivered.for_good { exit::FAILED } else { exit::UNAVAILABLE };
            Stop::new(code, "the mail did not leave", undelivered.said, "check the settings of mail")
        })?;
        println!("The mail server has it.");
        Ok(exit::OK)
    })
}
