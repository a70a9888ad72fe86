//! The portal's words, in each of its languages. Customers read them; staff work in English.
//!
//! A language is one file of Fluent messages in `words/` and one row of `LANGUAGES`; the tests hold that each has
//! the same messages with the same variables as English, and that no page asks for a message that is not there. What
//! a page puts into a message is text of its own direction: Fluent marks where it begins and ends.

use std::{borrow::Cow, fmt, sync::LazyLock};

use askama::filters::HtmlSafe;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue, concurrent::FluentBundle};

use crate::show;

/// What a language is made of.
struct Source {
    /// BCP 47.
    tag: &'static str,
    /// As those who speak it call it.
    name: &'static str,
    messages: &'static str,
    /// Between the whole and its tenths.
    point: char,
    /// Between thousands.
    group: char,
    /// How a day is written where no script writes it in the reader's own way; and a moment.
    day: &'static str,
    moment: &'static str,
}

const LANGUAGES: &[Source] = &[
    Source {
        tag: "en",
        name: "English",
        messages: include_str!("../words/en.ftl"),
        point: '.',
        group: ',',
        day: "%-d %b %Y",
        moment: "%-d %b %Y, %H:%M UTC",
    },
    Source {
        tag: "de",
        name: "Deutsch",
        messages: include_str!("../words/de.ftl"),
        point: ',',
        group: '.',
        day: "%d.%m.%Y",
        moment: "%d.%m.%Y, %H:%M UTC",
    },
];

static BUNDLES: LazyLock<Vec<FluentBundle<FluentResource>>> = LazyLock::new(|| {
    let bundle = |source: &Source| {
        let mut bundle = FluentBundle::new_concurrent(source.tag.parse().into_iter().collect());
        // What cannot be read is left out; a test finds it.
        let messages = FluentResource::try_new(source.messages.to_owned()).unwrap_or_else(|(read, _)| read);
        let _ = bundle.add_resource(messages);
        bundle
    };
    LANGUAGES.iter().map(bundle).collect()
});

/// One of the languages, and what is said in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Words(usize);

impl Words {
    /// Every language, English first.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..LANGUAGES.len()).map(Self)
    }

    /// The language of a tag such as `de-CH`, if there is one.
    #[must_use]
    pub fn of(tag: &str) -> Option<Self> {
        let primary = tag.trim().split(['-', '_']).next()?;
        LANGUAGES.iter().position(|source| source.tag.eq_ignore_ascii_case(primary)).map(Self)
    }

    /// The best of an `Accept-Language`: the one of the highest weight, the first of equals; else English.
    #[must_use]
    pub fn accepted(header: &str) -> Self {
        let mut best: Option<(u32, Self)> = None;
        for range in header.split(',').take(32) {
            let mut parts = range.split(';');
            let Some(words) = parts.next().and_then(Self::of) else { continue };
            let weight = parts.find_map(|part| part.trim().strip_prefix("q=")).map_or(Some(1.0), |q| q.parse().ok());
            let weight: f64 = weight.unwrap_or(0.0);
            // Thousandths, as the header has no finer ones.
            let weight = if weight.is_finite() { (weight.clamp(0.0, 1.0) * 1000.0) as u32 } else { 0 };
            if weight > 0 && best.is_none_or(|(of, _)| weight > of) {
                best = Some((weight, words));
            }
        }
        best.map_or_else(Self::default, |(_, words)| words)
    }

    fn source(self) -> &'static Source {
        LANGUAGES.get(self.0).unwrap_or(&LANGUAGES[0])
    }

    /// BCP 47.
    #[must_use]
    pub fn tag(self) -> &'static str {
        self.source().tag
    }

    /// As those who speak it call it.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.source().name
    }

    /// A message without variables.
    #[must_use]
    pub fn say(self, message: &str) -> String {
        self.format(message, None)
    }

    /// A message with one variable.
    #[must_use]
    pub fn with(self, message: &str, name: &'static str, value: impl Value) -> String {
        let mut args = FluentArgs::with_capacity(1);
        args.set(name, value.value(self));
        self.format(message, Some(&args))
    }

    /// A message with two variables.
    #[must_use]
    pub fn with_two(
        self,
        message: &str,
        first: &'static str,
        one: impl Value,
        second: &'static str,
        other: impl Value,
    ) -> String {
        let mut args = FluentArgs::with_capacity(2);
        args.set(first, one.value(self));
        args.set(second, other.value(self));
        self.format(message, Some(&args))
    }

    /// In English where it is missing, and its name where that is missing too.
    fn format(self, message: &str, args: Option<&FluentArgs<'_>>) -> String {
        for bundle in [BUNDLES.get(self.0), BUNDLES.first()].into_iter().flatten() {
            if let Some(pattern) = bundle.get_message(message).and_then(|found| found.value()) {
                return bundle.format_pattern(pattern, args, &mut Vec::new()).into_owned();
            }
        }
        message.to_owned()
    }

    /// A message that a script completes: each of its variables stands there as its name in braces.
    #[must_use]
    pub fn open(self, message: &str) -> String {
        let mut args = FluentArgs::new();
        for name in ["firm", "name", "others", "owner", "percent", "sent", "size", "time", "total"] {
            args.set(name, format!("{{{name}}}"));
        }
        self.format(message, Some(&args))
    }

    /// A moment, in milliseconds since 1970: in UTC, and by the script `times.js` in the reader's own zone.
    #[must_use]
    pub fn when(self, ms: impl Number) -> Time {
        Time { ms: ms.get(), format: self.source().moment, day: false }
    }

    /// The day of a moment, likewise.
    #[must_use]
    pub fn day(self, ms: impl Number) -> Time {
        Time { ms: ms.get(), format: self.source().day, day: true }
    }

    /// A size in bytes.
    #[must_use]
    pub fn size(self, bytes: impl Number) -> String {
        let bytes = bytes.get();
        if bytes < 1_000 {
            return self.with("bytes", "count", bytes);
        }
        show::Size(bytes).to_string().replace('.', &self.source().point.to_string())
    }

    /// A whole number, its thousands set apart.
    #[must_use]
    pub fn number(self, n: impl Number) -> String {
        let digits = n.get().to_string();
        let mut text = String::with_capacity(digits.len() + digits.len() / 3);
        for (at, digit) in digits.chars().enumerate() {
            if at > 0 && (digits.len() - at).is_multiple_of(3) {
                text.push(self.source().group);
            }
            text.push(digit);
        }
        text
    }

    /// The kind of a file, in a word or two.
    #[must_use]
    pub fn kind(self, media_type: &str) -> String {
        self.say(match media_type {
            "application/pdf" => "kind-pdf",
            kind if kind.starts_with("image/") => "kind-picture",
            kind if kind.starts_with("video/") => "kind-film",
            kind if kind.starts_with("audio/") => "kind-sound",
            kind if kind.contains("spreadsheet") || kind.contains("excel") || kind == "text/csv" => "kind-table",
            kind if kind.contains("presentation") || kind.contains("powerpoint") => "kind-slides",
            kind if kind.contains("word") || kind.contains("opendocument.text") => "kind-text-document",
            kind if kind.contains("zip") || kind.contains("compressed") || kind.contains("tar") => "kind-archive",
            kind if kind.starts_with("message/") || kind.contains("outlook") => "kind-mail",
            kind if kind.starts_with("text/") => "kind-text",
            _ => "kind-file",
        })
    }
}

/// What may stand in a message.
pub trait Value {
    /// As Fluent takes it.
    fn value(&self, words: Words) -> FluentValue<'static>;
}

impl Value for str {
    fn value(&self, _: Words) -> FluentValue<'static> {
        FluentValue::String(Cow::Owned(self.to_owned()))
    }
}

impl Value for String {
    fn value(&self, words: Words) -> FluentValue<'static> {
        self.as_str().value(words)
    }
}

impl Value for u64 {
    fn value(&self, _: Words) -> FluentValue<'static> {
        FluentValue::from(*self)
    }
}

impl Value for u32 {
    fn value(&self, _: Words) -> FluentValue<'static> {
        FluentValue::from(*self)
    }
}

impl Value for usize {
    fn value(&self, _: Words) -> FluentValue<'static> {
        FluentValue::from(*self)
    }
}

/// A number, or a reference to one, as templates pass them.
pub trait Number {
    /// The number itself.
    fn get(&self) -> u64;
}

impl Number for u64 {
    fn get(&self) -> u64 {
        *self
    }
}

impl<N: Number + ?Sized> Number for &N {
    fn get(&self) -> u64 {
        (**self).get()
    }
}

impl<V: Value + ?Sized> Value for &V {
    fn value(&self, words: Words) -> FluentValue<'static> {
        (**self).value(words)
    }
}

/// A moment or its day, as markup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Time {
    ms: u64,
    format: &'static str,
    day: bool,
}

impl HtmlSafe for Time {}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(at) = i64::try_from(self.ms).ok().and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok()) else {
            return Ok(());
        };
        let (machine, day) = (at.strftime("%Y-%m-%dT%H:%M:%SZ"), if self.day { " data-day" } else { "" });
        write!(f, "<time datetime=\"{machine}\"{day}>{}</time>", at.strftime(self.format))
    }
}

#[cfg(test)]
mod tests;
