//! Where a user's folders are: nowhere, as there are none in a sandbox. It stands in for the crate `dirs`, which would
//! bring along code for each system, some of it under a licence that this project does not take in.

use std::path::PathBuf;

/// Where programs keep their data.
pub fn data_dir() -> Option<PathBuf> {
    None
}

/// Where programs keep what they can make anew.
pub fn cache_dir() -> Option<PathBuf> {
    None
}
