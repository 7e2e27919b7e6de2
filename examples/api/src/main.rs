//! Runs the service. `README.md` describes the variables that configure it.

use std::error::Error;

use earnorm_example_api::config::Config;
use earnorm_example_api::service::serve;
use earnorm_example_api::state::AppState;
use tokio::net::TcpListener;
use tokio::signal;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let config = Config::from_env()?;
    tracing_subscriber::fmt().with_max_level(config.level).with_writer(std::io::stderr).init();
    let state = AppState::new(earnorm::connect(&config.uri).await?).await?;
    let listener = TcpListener::bind(config.address).await?;
    println!("listening on http://{}", listener.local_addr()?);
    Ok(serve(listener, state, interrupted()).await?)
}

/// Waits for Ctrl-C, or for the signal by which a supervisor ends a service.
async fn interrupted() {
    let ctrl_c = signal::ctrl_c();
    #[cfg(unix)]
    match signal::unix::signal(signal::unix::SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = ctrl_c => {}
                _ = terminate.recv() => {}
            }
            return;
        }
        Err(error) => tracing::warn!(%error, "only Ctrl-C ends the service cleanly"),
    }
    if let Err(error) = ctrl_c.await {
        // without a handler, the signal still ends the process
        tracing::warn!(%error, "the service can't wait for Ctrl-C");
        std::future::pending::<()>().await;
    }
}
