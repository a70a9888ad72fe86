//! How a page looks and in which surroundings: size, dark or light, the network; and pictures of it.

use reqwest::Method;
use serde_json::{Value, json};

use super::Browser;

impl Browser {
    /// Makes the page so wide and high, in CSS pixels.
    #[track_caller]
    pub fn size(&self, width: u32, height: u32) {
        let phone = width < 600;
        let screen = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": phone });
        self.chromium("Emulation.setDeviceMetricsOverride", screen);
    }

    /// Asks for dark pages, or for light ones.
    #[track_caller]
    pub fn dark(&self, dark: bool) {
        let scheme = if dark { "dark" } else { "light" };
        let features = json!([
            { "name": "prefers-color-scheme", "value": scheme },
            // Whatever moves is where it goes at once.
            { "name": "prefers-reduced-motion", "value": "reduce" },
        ]);
        self.chromium("Emulation.setEmulatedMedia", json!({ "features": features }));
    }

    /// Takes the network away, or gives it back.
    #[track_caller]
    pub fn offline(&self, offline: bool) {
        self.network(offline, -1);
    }

    /// Lets so many bytes a second out.
    #[track_caller]
    pub fn slow(&self, bytes: i64) {
        self.network(false, bytes);
    }

    fn network(&self, offline: bool, upload: i64) {
        let network =
            json!({ "offline": offline, "latency": 0, "download_throughput": -1, "upload_throughput": upload });
        self.ask(Method::POST, "/chromium/network_conditions", json!({ "network_conditions": network }));
    }

    /// By how many pixels the page is wider than the screen.
    #[track_caller]
    pub fn overflow(&self) -> i64 {
        let wider = "return document.documentElement.scrollWidth - document.documentElement.clientWidth";
        self.run(wider, json!([])).as_i64().unwrap_or(i64::MAX)
    }

    /// What of the page stands out on the right of the screen, for the message of a test that fails.
    #[track_caller]
    pub fn what_overflows(&self) -> Value {
        let script = "const edge = document.documentElement.clientWidth; \
                      return [...document.querySelectorAll('body *')].filter((one) => one.getBoundingClientRect().right > edge + 1 && !one.closest('svg')) \
                      .slice(0, 5).map((one) => one.outerHTML.slice(0, 160))";
        self.run(script, json!([]))
    }

    /// Navigations that scroll up and down in themselves, which nobody means them to.
    #[track_caller]
    pub fn cut_navigations(&self) -> u64 {
        let script = "return [...document.querySelectorAll('nav')].filter((one) => one.scrollHeight > one.clientHeight && one.clientHeight > 0 \
                      && getComputedStyle(one).overflowY !== 'visible' && getComputedStyle(one).overflowY !== 'hidden').length";
        self.run(script, json!([])).as_u64().unwrap_or(u64::MAX)
    }

    /// Bytes that the page and all it loaded took on the wire, pictures of documents apart, and how many files that were.
    #[track_caller]
    pub fn transferred(&self) -> (u64, u64) {
        let script = "const all = [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')] \
                      .filter((one) => !/\\/documents\\/[^/]+\\/pages\\/\\d/.test(one.name)); \
                      return [all.reduce((sum, one) => sum + one.transferSize, 0), all.length]";
        let answer = self.run(script, json!([]));
        (answer[0].as_u64().unwrap_or(u64::MAX), answer[1].as_u64().unwrap_or(u64::MAX))
    }

    /// Forgets every style, script and picture that it has kept.
    #[track_caller]
    pub fn forget_files(&self) {
        self.chromium("Network.clearBrowserCache", json!({}));
    }

    /// A picture of what is on the screen, as WebP.
    #[track_caller]
    pub fn picture(&self) -> Vec<u8> {
        let taken = self.chromium("Page.captureScreenshot", json!({ "format": "webp", "quality": 82 }));
        decode(taken["data"].as_str().unwrap_or_default())
    }
}

/// Bytes from Base64.
pub(super) fn decode(text: &str) -> Vec<u8> {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut many) = (0_u32, 0);
    for letter in text.bytes() {
        let Some(value) = LETTERS.iter().position(|known| *known == letter) else { continue };
        bits = (bits << 6) | u32::try_from(value).unwrap_or(0);
        many += 6;
        if many >= 8 {
            many -= 8;
            bytes.push(u8::try_from((bits >> many) & 0xff).unwrap_or(0));
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn base64_is_read() {
        assert_eq!(decode("Q2xpZW50IENvbm5lY3Q="), b"Client Connect");
        assert_eq!(decode("AP8Q"), [0, 255, 16]);
        assert!(decode("").is_empty());
    }
}
