//! To come in this release.
