//! The wish of somebody to stop, Ctrl-C or SIGTERM; and a signal that shall stop nothing.

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

/// A write beyond the largest file that the user may make (`ulimit -f`) ends a program on the spot,
/// with its temporary files left behind, unless it hears of that. Then the write fails, as it does on
/// a full disk.
pub(crate) fn outlive_the_file_size_limit() {
    #[cfg(all(unix, not(any(target_arch = "mips", target_arch = "mips64"))))]
    {
        use tokio::signal::unix::{SignalKind, signal};
        const SIGXFSZ: i32 = 25;
        let Ok(runtime) = crate::commands::runtime() else { return };
        let _entered = runtime.enter();
        // Once it is set the handler stays, whether anybody listens or not.
        drop(signal(SignalKind::from_raw(SIGXFSZ)));
    }
}
