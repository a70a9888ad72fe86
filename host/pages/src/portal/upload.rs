//! The words that `upload.js` says while documents are on their way: it has none of its own.

/// Under which name the script asks for each, and the message. What it puts in stands in braces.
pub const UPLOAD_WORDS: &[(&str, &str)] = &[
    ("progress", "going-progress"),
    ("progress-left", "going-progress-left"),
    ("waiting", "going-waiting"),
    ("checking", "going-checking"),
    ("lost", "going-lost"),
    ("back", "going-back"),
    ("again", "going-again"),
    ("ready", "going-ready"),
    ("all-ready", "going-all-ready"),
    ("here", "going-here"),
    ("so-far", "going-so-far"),
    ("taken-away", "going-taken-away"),
    ("signed-out", "going-signed-out"),
    ("closed", "going-closed"),
    ("too-large", "going-too-large"),
    ("empty", "going-empty"),
    ("unreadable", "going-unreadable"),
    ("folder", "going-folder"),
    ("already", "going-already"),
    ("malware", "upload-malware"),
    ("other-kind", "upload-other-kind"),
    ("unpacks-to-too-much", "upload-unpacked"),
    ("held", "held-waiting"),
    ("photo", "going-photo"),
    ("sending", "going-sending"),
    ("told", "going-told"),
    ("told-owner", "going-told-owner"),
    ("told-owner-more", "going-told-owner-more"),
    ("none", "upload-none"),
    ("no-room", "upload-no-room"),
    ("failed", "upload-failed"),
    ("arrived", "sent-title"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_and_its_words_fit() {
        let script = include_str!("../../assets/upload.js");
        for (word, _) in UPLOAD_WORDS {
            assert!(script.contains(&format!("\"{word}\"")), "the script never says {word}");
        }
        for asked in script.split("say(\"").skip(1) {
            let asked = asked.split('"').next().expect("an end");
            assert!(UPLOAD_WORDS.iter().any(|(word, _)| *word == asked), "the script says {asked}, which is no word");
        }
    }

    #[test]
    fn the_script_puts_names_and_numbers_in_itself() {
        for words in crate::words::Words::all() {
            for (_, message) in UPLOAD_WORDS {
                let text = words.open(message);
                assert!(!text.contains('$'), "{message}: a variable that the script does not know: {text}");
            }
            assert!(words.open("going-progress-left").contains("{time}"));
        }
    }
}
