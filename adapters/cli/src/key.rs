//! `quorate key`: makes keys, and changes them.

use crate::args::KeyArgs;
use crate::failure::{Failure, Outcome};
use crate::keys::{Entry, KeyFile};
use crate::paint::print;

/// Makes a key file, prints a key, or changes the keys in a file.
pub(crate) fn run(args: &KeyArgs) -> Outcome {
    let Some(path) = &args.file else {
        return print(KeyFile { sends: Entry::random(1)?, accepts: None }.to_string().trim_end());
    };
    let name = path.display();
    if !(args.add || args.swap || args.retire) {
        KeyFile { sends: Entry::random(1)?, accepts: None }.create(path)?;
        eprintln!("{name} holds a new key, readable by you alone.");
        eprintln!("Copy it to every member over a channel that you trust, and start them with `--key-file {name}`.");
        return Ok(());
    }
    let (file, warning) = KeyFile::read(path)?;
    if let Some(warning) = warning {
        eprintln!("quorate: {warning}");
    }
    let file = changed(file, args)?;
    file.replace(path)?;
    match &file.accepts {
        Some(other) => eprintln!("{name}: key {} is sent with, key {} is accepted.", file.sends.id, other.id),
        None => eprintln!("{name}: key {} is sent with, and no other is accepted.", file.sends.id),
    }
    eprintln!("Give every member this file and restart it before you go on to the next step.");
    Ok(())
}

fn changed(file: KeyFile, args: &KeyArgs) -> Outcome<KeyFile> {
    let single = |what: &str| {
        Failure::new(format_args!("there is only one key in the file, so there is {what}"))
            .advise("Add one with `--add`.")
    };
    match (file.accepts, args.add, args.swap) {
        (None, true, _) => {
            let id = file.sends.id.checked_add(1).unwrap_or(1);
            Ok(KeyFile { sends: file.sends, accepts: Some(Entry::random(id)?) })
        }
        (Some(other), true, _) => Err(Failure::new(format_args!(
            "there are two keys in the file already, {} and {}",
            file.sends.id, other.id
        ))
        .advise("Take the second away with `--retire` once no member sends with it.")),
        (Some(other), _, true) => Ok(KeyFile { sends: other, accepts: Some(file.sends) }),
        (Some(_), _, false) => Ok(KeyFile { sends: file.sends, accepts: None }),
        (None, _, true) => Err(single("nothing to swap")),
        (None, _, false) => Err(single("none to take away")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_change_in_three_steps() {
        let step = |file: KeyFile, add, swap, retire| changed(file, &KeyArgs { file: None, add, swap, retire });
        let ids = |file: &KeyFile| (file.sends.id, file.accepts.as_ref().map(|entry| entry.id));
        let old = KeyFile { sends: Entry::random(255).unwrap(), accepts: None };
        let both = step(old.clone(), true, false, false).unwrap();
        assert_eq!(ids(&both), (255, Some(1)));
        assert!(step(both.clone(), true, false, false).unwrap_err().to_string().contains("two keys"));
        let swapped = step(both, false, true, false).unwrap();
        assert_eq!(ids(&swapped), (1, Some(255)));
        assert_eq!(ids(&step(swapped, false, false, true).unwrap()), (1, None));
        assert!(step(old.clone(), false, true, false).unwrap_err().to_string().contains("nothing to swap"));
        assert!(step(old, false, false, true).unwrap_err().to_string().contains("none to take away"));
    }
}
