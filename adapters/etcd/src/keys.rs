//! What keys are called, and what stands in them.

use core::num::NonZeroU16;
use quorate::Name;
use quorate::lease::{ClaimId, Mode};

/// Under which all claims of a resource are. A slash in its name must not make it look like another resource's claim.
pub(crate) fn line(prefix: &str, resource: &Name) -> String {
    format!("{prefix}locks/{}/", escaped(resource))
}

/// The key of one claim. No other claim of any process ever has it.
pub(crate) fn claim(line: &str, instance: &str, claim: ClaimId) -> String {
    format!("{line}{instance}:{claim}")
}

/// A name without slashes.
pub(crate) fn escaped(name: &Name) -> String {
    name.as_str().replace('%', "%25").replace('/', "%2F")
}

/// What stands in a claim's key: how it wants to hold the resource, and what its owner is called.
pub(crate) fn value(mode: Mode, label: &str) -> String {
    match mode {
        Mode::Exclusive => format!("x {label}"),
        Mode::Shared => format!("s {label}"),
        Mode::Permits { take, of } => format!("{take}/{of} {label}"),
    }
}

/// How a claim wants to hold the resource. What nobody of ours can have written is taken for exclusive, which errs on the safe side.
pub(crate) fn mode(value: &[u8]) -> Mode {
    let word = value.split(|byte| *byte == b' ').next().unwrap_or_default();
    let Ok(word) = core::str::from_utf8(word) else { return Mode::Exclusive };
    let number = |text: &str| text.parse::<NonZeroU16>().ok();
    match word.split_once('/').map(|(take, of)| (number(take), number(of))) {
        Some((Some(take), Some(of))) => Mode::Permits { take, of },
        None if word == "s" => Mode::Shared,
        _ => Mode::Exclusive,
    }
}

/// What the owner of a claim is called.
pub(crate) fn label(value: &[u8]) -> String {
    let text = String::from_utf8_lossy(value);
    text.split_once(' ').map_or("", |(_, label)| label).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resource_in_a_resource_has_claims_of_its_own() {
        let [outer, inner, odd] = ["a", "a/b", "a%2Fb"].map(|name| line("q/", &Name::new(name).unwrap()));
        assert_eq!(
            (outer.as_str(), inner.as_str(), odd.as_str()),
            ("q/locks/a/", "q/locks/a%2Fb/", "q/locks/a%252Fb/")
        );
        assert!(!inner.starts_with(&outer));
    }

    #[test]
    fn modes_are_read_as_they_were_written() {
        for written in [Mode::Exclusive, Mode::Shared, Mode::permits(2, 5).unwrap()] {
            let value = value(written, "host 7");
            assert_eq!((mode(value.as_bytes()), label(value.as_bytes()).as_str()), (written, "host 7"));
        }
        assert_eq!(mode(b"nonsense"), Mode::Exclusive);
        assert_eq!(mode(b"1/0 x"), Mode::Exclusive);
    }
}
