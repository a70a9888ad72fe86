//! Whether an address will do. Which addresses are the same is the host's to say, as it signs people in.

/// The address without the blanks around it, if a mail can be sent there and somebody can sign in with it.
pub(crate) fn usable(address: Option<&str>) -> Option<&str> {
    let address = address?.trim();
    let (local, domain) = address.rsplit_once('@')?;
    let plain = |c: char| !c.is_whitespace() && !c.is_control() && !"@<>()[]\\,;:\"".contains(c);
    let label = |l: &str| {
        !l.is_empty()
            && l.len() <= 63
            && !l.starts_with('-')
            && !l.ends_with('-')
            && l.chars().all(|c| c.is_alphanumeric() || c == '-')
    };
    let good = address.len() <= 254
        && (1..=64).contains(&local.len())
        && local.chars().all(plain)
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..")
        && domain.contains('.')
        && domain.split('.').all(label);
    good.then_some(address)
}

/// A short number that changes when the address does (FNV-1a), so that no address need be kept to notice.
pub(crate) fn fingerprint(address: &str) -> u64 {
    address
        .trim()
        .to_lowercase()
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ac1_an_address_will_do_if_a_mail_can_go_there() {
        for good in [
            "ann@example.org",
            "  ann@example.org ",
            "a.b+c@sub.example.org",
            "änne@bücher.example",
            "o'hara@x-y.example",
        ] {
            assert!(usable(Some(good)).is_some(), "{good}");
        }
        for bad in [
            "",
            " ",
            "ann",
            "ann@",
            "@example.org",
            "ann@example",
            "ann@@example.org",
            "a b@example.org",
            "ann@example..org",
            ".ann@example.org",
            "ann.@example.org",
            "ann@-example.org",
            "ann@example.org\r\nBcc: eve@example.org",
            "<ann@example.org>",
            "ann@example.org, eve@example.org",
        ] {
            assert_eq!(usable(Some(bad)), None, "{bad}");
        }
        assert_eq!(usable(None), None);
        assert_eq!(usable(Some(&format!("{}@example.org", "a".repeat(65)))), None);
    }
}
