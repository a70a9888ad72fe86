use proptest::prelude::*;

use super::*;

#[test]
fn ac2_an_address_has_one_key_however_it_is_typed() {
    for same in ["Ann.Lee@Example.com", " ann.lee@example.COM ", "ANN.LEE@EXAMPLE.COM\n"] {
        assert_eq!(email_key(same).as_deref(), Some("ann.lee@example.com"), "{same:?}");
    }
    assert_eq!(email_key("jo@bücher.example"), email_key("JO@xn--bcher-kva.example"));
    assert_eq!(email_key("ren\u{e9}@firm.example"), email_key("Rene\u{301}@firm.example"));
}

#[test]
fn ac1_what_is_no_address_has_no_key() {
    for none in [
        "",
        "@",
        "ann",
        "ann@",
        "@example.com",
        "ann@example",
        "a b@example.com",
        "a@b@example.com",
        "ann@exa mple.com",
        "ann@-a.com",
        "ann@a..com",
        ".ann@a.com",
        "an..n@a.com",
        "ann@1.2.3.4",
        "ann\r\n@a.com",
        "<ann@a.com>",
        "ann,bob@a.com",
        "an\u{202e}n@a.com",
        "an\u{200b}n@a.com",
    ] {
        assert_eq!(email_key(none), None, "{none:?}");
    }
}

#[test]
fn ac2_a_letter_that_only_looks_the_same_is_not_taken_for_it() {
    // The Kelvin sign and the dotted I become k and i in lower case.
    assert_eq!(email_key("\u{212a}ate@example.com"), None);
    assert_eq!(email_key("m\u{130}ke@example.com"), None);
    assert_ne!(email_key("stra\u{df}e@example.com"), email_key("strasse@example.com"));
}

#[test]
fn sh6_a_fold_has_no_case_and_no_accents() {
    for (name, folded) in [
        ("Déjà Vu.PDF", "deja vu.pdf"),
        ("Łódź", "lodz"),
        ("STRASSE Straße", "strasse strasse"),
        ("Ångström", "angstrom"),
        ("İstanbul", "istanbul"),
        ("ﬁnal", "final"),
        ("a\u{200b}b\u{e000}c", "abc"),
        ("ΣΊΣΥΦΟΣ", "σισυφοσ"),
    ] {
        assert_eq!(fold(name), folded);
    }
}

#[test]
fn cu6_names_sort_as_people_read_them() {
    let mut names = ["b", "a10", "A2", "a2", "ä3", "Z", "a 1"];
    names.sort_by_key(|name| sort_key(name));
    assert_eq!(names, ["a 1", "a2", "A2", "ä3", "a10", "b", "Z"]);
}

#[test]
fn cu3_hostile_names_become_harmless() {
    for (claimed, safe) in [
        ("../../etc/passwd", "passwd"),
        (r"C:\Users\ann\deed.docx", "deed.docx"),
        ("a/b/", "b"),
        ("", "document"),
        ("...", "document"),
        (" . ", "document"),
        ("deed\u{202e}fdp.exe", "deedfdp.exe"),
        ("a\r\nSet-Cookie: x.txt", "aSet-Cookie_ x.txt"),
        ("con", "_con"),
        ("AUX.txt", "_AUX.txt"),
        ("com1.tar.gz", "_com1.tar.gz"),
        ("com10", "com10"),
        ("deed.pdf. . ", "deed.pdf"),
        ("\"risky\"? |\u{1b}':.#", "_risky__ _'_.#"),
        ("e\u{301}.txt", "é.txt"),
        (".htaccess", ".htaccess"),
    ] {
        assert_eq!(safe_name(claimed), safe, "{claimed:?}");
    }
    let long = ["x".repeat(400), ".docx".into()].concat();
    let safe = safe_name(&long);
    assert_eq!(safe.len(), 255);
    assert!(safe.ends_with(".docx"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]
    #[test]
    fn a_safe_name_is_safe_and_stays_as_it_is(claimed in "\\PC{0,40}|[\\x00-\\x20./\\\\:a-zé\u{202a}-\u{202e}\u{2066}-\u{2069}\u{301}]{0,30}|(.|[😀é]){90,300}") {
        let safe = safe_name(&claimed);
        prop_assert!(!safe.is_empty() && safe.len() <= 255);
        prop_assert!(!safe.chars().any(|c| c.is_control() || is_unseen(c) || "/\\:*?\"<>|".contains(c)), "{safe:?}");
        prop_assert!(!safe.ends_with(['.', ' ']) && !safe.starts_with(' '));
        prop_assert_eq!(safe_name(&safe), safe);
    }

    #[test]
    fn a_fold_stays_as_it_is_and_keeps_parts(a in "\\PC{0,12}", b in "\\PC{0,12}", c in "\\PC{0,12}") {
        prop_assert_eq!(fold(&fold(&a)), fold(&a));
        let all = fold(&[a.as_str(), &b, &c].concat());
        prop_assert!(!all.chars().any(is_private));
        if a.is_ascii() && b.is_ascii() && c.is_ascii() {
            prop_assert!(all.contains(&fold(&b)));
        }
    }

    #[test]
    fn a_key_is_a_key_to_itself(local in "[a-zA-Z0-9._é-]{1,20}", domain in "[a-zA-Zü-]{1,12}\\.[a-z]{2,5}") {
        if let Some(key) = email_key(&[local.as_str(), "@", &domain].concat()) {
            prop_assert_eq!(email_key(&key), Some(key.clone()));
            prop_assert!(!key.chars().any(char::is_uppercase));
        }
    }

    #[test]
    fn no_sort_key_starts_past_all_others(name in any::<String>()) {
        prop_assert!(sort_key(&name).first().is_none_or(|&b| b < 0xff));
    }
}
