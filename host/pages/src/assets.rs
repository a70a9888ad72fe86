//! Styles, scripts and icons: part of the binary, and served under an address with the hash of them all, so that a
//! browser may keep them for a year and never has an old one.

use std::sync::LazyLock;

use sha2::{Digest, Sha256};

/// A file that a page loads.
#[derive(Clone, Copy, Debug)]
pub struct Asset {
    /// Its name, as pages and scripts of the same folder name it.
    pub name: &'static str,
    /// How browsers are told what it is.
    pub media_type: &'static str,
    /// What it holds.
    pub bytes: &'static [u8],
}

macro_rules! assets {
    ($($media_type:literal: $($name:literal)*;)*) => {
        &[$($(Asset { name: $name, media_type: $media_type, bytes: include_bytes!(concat!("../assets/", $name)) }),*),*]
    };
}

const WRITTEN: &[Asset] = assets! {
    "text/css; charset=utf-8":
        "tokens.css" "base.css" "parts.css" "frame.css" "documents.css" "mailbox.css" "platform.css" "portal.css" "client-connect.css"
        "upload.css" "viewer.css";
    "text/javascript; charset=utf-8":
        "about.js" "api.js" "bell.js" "copy.js" "documents.js" "icon.js" "menus.js" "pick.js" "portal.js" "send-file.js" "send.js"
        "settings.js" "times.js" "toast.js" "staff.js"
        "staged.js" "staged-page.js" "choose.js" "leave.js" "review.js" "meanwhile.js" "saved.js" "words.js"
        "access.js" "notifications.js"
        "sharing.js" "sharing-lists.js" "sharing-save.js" "document-list.js" "document-row.js"
        "tus.js" "upload.js" "viewer.js";
    "image/svg+xml":
        "mark.svg";
};

macro_rules! icons {
    ($($name:literal)*) => {
        &[$(($name, include_str!(concat!("../assets/lucide/", $name, ".svg")))),*]
    };
}

/// The icons of Lucide 1.62.0 (ISC, see `assets/lucide/LICENSE`) that the pages use.
const ICONS: &[(&str, &str)] = icons! {
    "arrow-down" "arrow-up" "arrow-up-down" "bell" "briefcase" "camera" "check" "chevron-down" "chevron-left"
    "chevron-right" "chevron-up" "circle-check" "circle-x" "clock" "cloud-upload" "copy" "download"
    "ellipsis-vertical" "eye" "eye-off" "file" "file-archive" "file-image" "file-spreadsheet"
    "file-text" "file-up" "files" "folder" "history" "inbox" "info" "languages" "link" "lock" "log-out" "mail" "menu"
    "minus" "pencil" "plus" "presentation" "refresh-cw" "rotate-ccw" "search" "settings"
    "trash-2" "triangle-alert" "undo-2" "upload" "user" "user-plus" "user-x" "users" "x"
};

/// All icons in one file, each a symbol under its name.
static SPRITE: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let mut sprite = String::from("<svg xmlns=\"http://www.w3.org/2000/svg\">\n");
    for (name, icon) in ICONS {
        let start = icon.find("<svg").map_or("", |at| &icon[at + 4..]);
        // Without a size of its own it has that of the place where it is used.
        let icon = start.replace("  width=\"24\"\n  height=\"24\"\n", "").replace("</svg>", "</symbol>");
        sprite.push_str(&format!("<symbol id=\"{name}\"{icon}"));
    }
    sprite.push_str("</svg>\n");
    sprite.into_bytes()
});

static VERSION: LazyLock<String> = LazyLock::new(|| {
    let mut hash = Sha256::new();
    for asset in WRITTEN {
        hash.update(asset.name);
        hash.update(asset.bytes);
    }
    hash.update(SPRITE.as_slice());
    hex::encode(&hash.finalize()[..8])
});

/// Where the asset of this name is served.
#[must_use]
pub fn url(name: &str) -> String {
    format!("/assets/{}/{name}", *VERSION)
}

/// The asset of this version and name. One of another version is not there: it could be kept for a year.
#[must_use]
pub fn get(version: &str, name: &str) -> Option<(&'static str, &'static [u8])> {
    if version != *VERSION {
        return None;
    }
    if name == "icons.svg" {
        return Some(("image/svg+xml", SPRITE.as_slice()));
    }
    WRITTEN.iter().find(|asset| asset.name == name).map(|asset| (asset.media_type, asset.bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_icon_is_a_symbol_under_its_name() {
        let sprite = std::str::from_utf8(&SPRITE).expect("text");
        assert_eq!(sprite.matches("<symbol id=").count(), ICONS.len());
        assert_eq!(sprite.matches("</symbol>").count(), ICONS.len());
        for (name, _) in ICONS {
            assert!(sprite.contains(&format!("<symbol id=\"{name}\"\n")), "{name}");
        }
    }

    #[test]
    fn an_asset_is_there_under_its_version_alone() {
        let url = url("base.css");
        let (version, name) = url.trim_start_matches("/assets/").split_once('/').expect("two parts");
        assert_eq!(get(version, name).expect("it is there").0, "text/css; charset=utf-8");
        assert!(get("0000000000000000", name).is_none());
        assert!(get(version, "../Cargo.toml").is_none());
        assert!(get(version, "icons.svg").is_some());
    }

    #[test]
    fn every_script_finds_what_it_imports() {
        for asset in WRITTEN.iter().filter(|asset| asset.name.ends_with(".js")) {
            let script = std::str::from_utf8(asset.bytes).expect("text");
            for import in script.lines().filter(|line| line.starts_with("import ")) {
                let name = import.split('"').nth(1).and_then(|path| path.strip_prefix("./")).expect("a file beside it");
                assert!(WRITTEN.iter().any(|other| other.name == name), "{} imports {name}", asset.name);
            }
        }
    }

    #[test]
    fn every_asset_that_a_template_names_is_there() {
        fn templates(folder: &std::path::Path, found: &mut Vec<String>) {
            for entry in std::fs::read_dir(folder).expect("templates") {
                let path = entry.expect("an entry").path();
                if path.is_dir() {
                    templates(&path, found)
                } else {
                    found.push(std::fs::read_to_string(path).expect("text"))
                }
            }
        }
        let mut found = Vec::new();
        templates(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("templates"), &mut found);
        let mut named = 0;
        for template in &found {
            for name in template.split('"').filter(|part| part.ends_with(".js") || part.ends_with(".css")) {
                assert!(WRITTEN.iter().any(|asset| asset.name == name), "{name}");
                named += 1;
            }
        }
        assert!(named > 10, "{named}");
    }
}
