//! The process around what is shared: it listens, serves with the background tasks beside it, and ends in order.

use std::{net::SocketAddr, sync::atomic::Ordering, time::Duration};

use axum::serve::ListenerExt as _;
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use super::{App, Options, SharedApp, StartError};
use crate::{
    blobs, checkpoints,
    config::Config,
    mail, plugin, room, scan, sweeper, tree,
    web::{self, health::Metrics},
    webhooks,
};

/// A host that serves.
#[derive(Debug)]
pub struct Running {
    /// Where it listens.
    pub addr: SocketAddr,
    /// Where it answers `/metrics`, if anywhere.
    pub metrics_addr: Option<SocketAddr>,
    /// What it shares.
    pub app: SharedApp,
    stop: CancellationToken,
    drain: Duration,
    serving: JoinHandle<std::io::Result<()>>,
    beside: Vec<JoinHandle<()>>,
}

/// Listens and serves, with the background tasks beside it.
///
/// # Errors
/// As [`StartError`] says.
pub async fn serve(config: &Config, options: Options) -> Result<Running, StartError> {
    let opened = config.clone();
    let app = tokio::task::spawn_blocking(move || App::open(&opened, options))
        .await
        .unwrap_or_else(|error| Err(StartError::Blobs(error.to_string())))?;
    serve_app(app, config).await
}

/// The same, for what was opened before.
///
/// # Errors
/// As [`StartError`] says.
pub async fn serve_app(app: SharedApp, config: &Config) -> Result<Running, StartError> {
    let listen = async |addr: SocketAddr| {
        let listener = TcpListener::bind(addr).await.map_err(|source| StartError::Listen { addr, source })?;
        let addr = listener.local_addr().map_err(|source| StartError::Listen { addr, source })?;
        Ok::<_, StartError>((listener, addr))
    };
    let (listener, addr) = listen(config.listen).await?;
    let stop = CancellationToken::new();
    let mut beside = vec![
        tokio::spawn(mail::dispatcher::run(app.clone())),
        tokio::spawn(mail::codes::run(app.clone())),
        tokio::spawn(sweeper::run(app.clone())),
    ];
    // They end nowhere by themselves; what they are in the middle of goes on at the next start.
    let stopped = stop.clone();
    let endless = futures_util::future::join3(
        plugin::keeper(app.clone()),
        tree::keeper(app.clone()),
        futures_util::future::join5(
            blobs::sweeper(app.clone()),
            room::keeper(app.clone()),
            scan::keeper(app.clone()),
            checkpoints::keeper(app.clone()),
            webhooks::keeper(app.clone()),
        ),
    );
    beside.push(tokio::spawn(async move {
        stopped.run_until_cancelled_owned(endless).await;
    }));
    let mut metrics_addr = None;
    if let Some(addr) = config.metrics_listen {
        let (listener, addr) = listen(addr).await?;
        metrics_addr = Some(addr);
        let (router, stop) = (Metrics::install().router(app.clone()), stop.clone());
        beside.push(tokio::spawn(async move {
            let stopped = stop.cancelled_owned();
            if let Err(error) = axum::serve(listener, router).with_graceful_shutdown(stopped).await {
                tracing::error!(%error, "the metrics' listener ended");
            }
        }));
    }
    let router = web::router(app.clone()).into_make_service_with_connect_info::<SocketAddr>();
    // Small answers leave at once: with the delay of Nagle's algorithm each would cost forty milliseconds.
    let listener = listener.tap_io(|connection| {
        if let Err(error) = connection.set_nodelay(true) {
            tracing::debug!(%error, "a connection without TCP_NODELAY");
        }
    });
    let stopped = stop.clone().cancelled_owned();
    let serving = tokio::spawn(async move { axum::serve(listener, router).with_graceful_shutdown(stopped).await });
    Ok(Running { addr, metrics_addr, app, stop, drain: config.drain, serving, beside })
}

impl Running {
    /// Waits until the listener ends by itself, which it does only when something is broken.
    ///
    /// # Errors
    /// What broke.
    pub async fn ended(&mut self) -> std::io::Result<()> {
        (&mut self.serving).await.unwrap_or_else(|error| Err(std::io::Error::other(error)))
    }

    /// Stops: not ready from now on, no new connections, requests under way have their time, then the rest is cut.
    /// Answers whether all of them were done in time.
    pub async fn shut_down(mut self) -> bool {
        self.app.draining.store(true, Ordering::Relaxed);
        self.stop.cancel();
        self.app.outbox.notify_one();
        self.app.codes.notify_one();
        let in_time = tokio::time::timeout(self.drain, &mut self.serving).await.is_ok();
        self.serving.abort();
        for task in &mut self.beside {
            if tokio::time::timeout(Duration::from_secs(5), &mut *task).await.is_err() {
                task.abort();
            }
        }
        let app = self.app.clone();
        if let Err(problem) = web::blocking(&app, sweeper::write_down_uses).await {
            tracing::warn!(%problem, "the last uses of sessions were not written down");
        }
        if let Err(problem) = checkpoints::write_down(&app).await {
            tracing::error!(%problem, "the last checkpoints of the audit log were not written");
        }
        in_time
    }
}
