//! The table.

#[cfg(feature = "peers")]
mod cores;
#[cfg(feature = "peers")]
mod program;

#[cfg(feature = "peers")]
fn main() -> std::process::ExitCode {
    program::main()
}

/// What quorate is measured against takes a minute or two to build, and nobody but this program wants it. So it is built when
/// somebody asks for it.
#[cfg(not(feature = "peers"))]
fn main() -> std::process::ExitCode {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = std::process::Command::new(cargo);
    command.args(["run", "--release", "--package", "quorate-benches", "--features", "peers", "--"]);
    command.args(std::env::args_os().skip(1));
    match command.status() {
        Ok(status) => u8::try_from(status.code().unwrap_or(1)).unwrap_or(1).into(),
        Err(error) => {
            eprintln!("quorate-benches builds itself with the feature `peers`, and cargo cannot be started: {error}");
            std::process::ExitCode::FAILURE
        }
    }
}
