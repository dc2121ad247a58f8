//! The wish of somebody to stop: Ctrl-C, or SIGTERM.

/// Waits until somebody asks the program to stop; listens from the call on. Within a runtime.
pub(crate) fn signal() -> impl Future<Output = &'static str> + Send {
    #[cfg(unix)]
    let listening = {
        use tokio::signal::unix::{SignalKind, signal};
        (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    };
    async move {
        #[cfg(unix)]
        if let (Ok(mut interrupt), Ok(mut terminate)) = listening {
            return tokio::select! {
                _ = interrupt.recv() => "SIGINT",
                _ = terminate.recv() => "SIGTERM",
            };
        }
        if tokio::signal::ctrl_c().await.is_err() {
            // Without a handler the system stops the program; there is nothing to wait for.
            std::future::pending::<()>().await;
        }
        "Ctrl-C"
    }
}
