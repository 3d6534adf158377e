//! Prints the public items of a library, one in a line, from what rustdoc wrote about it as JSON.

use std::process::ExitCode;

fn main() -> ExitCode {
    let Some(path) = std::env::args_os().nth(1) else {
        eprintln!("usage: quorate-public-api TARGET/doc/LIBRARY.json");
        return ExitCode::from(2);
    };
    // What every type has anyway, or derives, says nothing about this one.
    let library = public_api::Builder::from_rustdoc_json(path)
        .omit_blanket_impls(true)
        .omit_auto_trait_impls(true)
        .omit_auto_derived_impls(true)
        .build();
    match library {
        Ok(library) => {
            library.items().for_each(|item| println!("{item}"));
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
