//! Writing pictures.

use crate::failure::{Failure, Outcome};
use std::path::Path;

/// Writes a picture to a file.
pub(super) fn write(svg: &str, path: &Path) -> Outcome {
    let name = path.display();
    std::fs::write(path, svg).map_err(|error| {
        Failure::new(format_args!("the picture cannot be written to {name} ({error})"))
            .advise("Name a file in a folder that is there and that you may write to.")
    })?;
    eprintln!("{name} holds the picture; any browser shows it.");
    Ok(())
}
