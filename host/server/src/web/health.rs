//! How the host is: for balancers, for operators, for metrics.
//!
//! `/livez` says that the process answers and touches nothing. `/readyz` asks all that a request needs, and names how
//! long each took. `/metrics` stands on a listener of its own and is not for the world.

use std::{
    collections::BTreeMap,
    sync::{OnceLock, atomic::Ordering},
    time::Instant,
};

use axum::{
    Router,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::get,
};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use serde::Serialize;

use super::{Problem, blocking, extract::Json};
use crate::{
    app::SharedApp,
    blobs::BlobError,
    plugin::Origin,
    store::{SqliteTx, outbox, quarantine},
};

/// The routes of this module, but for the metrics.
pub fn routes() -> Router<SharedApp> {
    Router::new().route("/livez", get(|| async { "ok\n" })).route("/readyz", get(ready)).route("/version", get(version))
}

/// One thing that a request needs.
#[derive(Debug, Serialize)]
struct Check {
    ok: bool,
    /// How long the check took.
    ms: f64,
    /// What is wrong, in a word; with `ok`, it is wrong and no reason to send requests elsewhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    said: Option<String>,
}

async fn check(work: impl Future<Output = Result<(), String>>) -> Check {
    let began = Instant::now();
    let said = work.await.err();
    Check { ok: said.is_none(), ms: (began.elapsed().as_secs_f64() * 1e5).round() / 1e2, said }
}

/// Whether the host can serve.
#[derive(Debug, Serialize)]
struct Readiness {
    ready: bool,
    checks: BTreeMap<&'static str, Check>,
}

/// A full disk takes nothing in, and yet serves: what reads and what ends access must find this host.
fn unless_full(error: BlobError) -> Result<(), BlobError> {
    if matches!(error, BlobError::Full) { Ok(()) } else { Err(error) }
}

async fn ready(State(app): State<SharedApp>) -> Response {
    let database = check(async {
        let asked = blocking(&app, |app| app.runtime.read(|unit| Ok::<_, Problem>(outbox::pending(unit.tx())?)));
        asked.await.map(drop).map_err(|problem| problem.code.to_owned())
    });
    let documents =
        check(async { app.blobs.probe().await.or_else(unless_full).map_err(|_| "cannot be written to".to_owned()) });
    let plugin = check(async {
        app.runtime.quarantined().map_or(Ok(()), |strikes| Err(format!("in quarantine after {strikes} traps")))
    });
    let draining = check(async {
        if app.draining.load(Ordering::Relaxed) { Err("the host is stopping".to_owned()) } else { Ok(()) }
    });
    let (database, documents, mut plugin, draining) = tokio::join!(database, documents, plugin, draining);
    // It serves by the rules of before: with a plugin that runs nowhere, there would be no host left.
    plugin.said = plugin.said.or_else(|| Some(app.plugin.refused()?.lines().next()?.to_owned()));
    let checks = BTreeMap::from([
        ("database", database),
        ("documents", documents),
        ("plugin", plugin),
        ("not-draining", draining),
    ]);
    let ready = checks.values().all(|check| check.ok);
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(Readiness { ready, checks })).into_response()
}

/// What runs.
#[derive(Debug, Serialize)]
struct Version {
    version: &'static str,
    plugin: PluginVersion,
}

#[derive(Debug, Serialize)]
struct PluginVersion {
    name: String,
    version: String,
    sha256: String,
    from: Origin,
}

async fn version(State(app): State<SharedApp>) -> Json<Version> {
    let (plugin, from) = (app.runtime.plugin(), app.plugin.origin());
    Json(Version {
        version: env!("CARGO_PKG_VERSION"),
        plugin: PluginVersion { name: plugin.name, version: plugin.version, sha256: plugin.sha256, from },
    })
}

/// The process's metrics.
#[derive(Clone, Debug)]
pub struct Metrics(Option<PrometheusHandle>);

impl Metrics {
    /// Begins to collect, once for the process.
    pub fn install() -> Self {
        static HANDLE: OnceLock<Option<PrometheusHandle>> = OnceLock::new();
        let install = || {
            const SECONDS: [f64; 12] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0];
            let built =
                PrometheusBuilder::new().set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS);
            match built.and_then(PrometheusBuilder::install_recorder) {
                Ok(handle) => Some(handle),
                Err(error) => {
                    tracing::error!(%error, "no metrics are collected");
                    None
                }
            }
        };
        Self(HANDLE.get_or_init(install).clone())
    }

    /// Answers `/metrics`.
    pub fn router(self, app: SharedApp) -> Router {
        let render = move |State(app): State<SharedApp>| async move {
            let pending = blocking(&app, |app| {
                app.runtime.read(|unit| {
                    let tx: &SqliteTx = unit.tx();
                    Ok::<_, Problem>((outbox::pending(tx)?, quarantine::waiting(tx)?))
                })
            });
            if let Ok(((waiting, dead), held)) = pending.await {
                metrics::gauge!("mail_outbox_pending").set(f64::from(waiting));
                metrics::gauge!("mail_outbox_dead").set(f64::from(dead));
                metrics::gauge!("documents_held").set(f64::from(held));
            }
            metrics::gauge!("build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
            self.0.as_ref().map(PrometheusHandle::render).unwrap_or_default()
        };
        Router::new().route("/metrics", get(render)).with_state(app)
    }
}
