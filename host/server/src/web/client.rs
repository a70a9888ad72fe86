//! Which client asks, and how often it may.
//!
//! The client's address is the peer's, or where proxies stand before this host the address that the outermost
//! trusted one saw: counted from the right, as everything further left is the client's own to write. Addresses
//! of one IPv6 /64 are one client.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    num::NonZeroU32,
    sync::atomic::{AtomicU32, Ordering},
};

use axum::{
    extract::ConnectInfo,
    http::{Extensions, HeaderMap},
};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use super::problem::Problem;

/// The address of whoever asks; behind `proxies` trusted proxies, as the outermost of them saw it.
pub fn address(extensions: &Extensions, headers: &HeaderMap, proxies: u8) -> IpAddr {
    let peer = extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    forwarded(headers, proxies).or(peer).unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED))
}

/// The entry of `X-Forwarded-For` that the outermost of `proxies` trusted proxies wrote. None if there is no such
/// entry, or it is no address: the peer then counts for all that it lets through.
fn forwarded(headers: &HeaderMap, proxies: u8) -> Option<IpAddr> {
    let left_of_it = usize::from(proxies.checked_sub(1)?);
    let entries = headers.get_all("x-forwarded-for").iter().rev();
    let entry = entries.flat_map(|value| value.to_str().unwrap_or_default().rsplit(',')).nth(left_of_it)?.trim();
    entry.parse().ok().or_else(|| entry.parse::<SocketAddr>().ok().map(|address| address.ip()))
}

/// The network that is counted as one client: an IPv4 address, or an IPv6 /64.
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        address => address,
    }
}

/// The network whose sign-ins are counted together: an IPv4 /24, or an IPv6 /64.
pub fn neighbourhood(address: IpAddr) -> String {
    match network(address) {
        IpAddr::V4(address) => {
            let [a, b, c, _] = address.octets();
            format!("{}/24", Ipv4Addr::new(a, b, c, 0))
        }
        IpAddr::V6(address) => format!("{address}/64"),
    }
}

/// How often a client may ask, whatever it asks for.
#[derive(Debug)]
pub struct Limiter {
    buckets: DefaultKeyedRateLimiter<IpAddr>,
    checks: AtomicU32,
}

impl Limiter {
    /// After this many checks, the buckets that are full again are forgotten.
    const SWEEP: u32 = 1 << 14;

    /// `per_second` requests for each network, and ten seconds' worth at once.
    pub fn new(per_second: NonZeroU32) -> Self {
        let quota = Quota::per_second(per_second).allow_burst(per_second.saturating_mul(TEN));
        Self { buckets: RateLimiter::dashmap(quota), checks: AtomicU32::new(0) }
    }

    /// Counts one request.
    ///
    /// # Errors
    /// `too-many-requests`, if this client has to wait.
    pub fn check(&self, address: IpAddr) -> Result<(), Problem> {
        if self.checks.fetch_add(1, Ordering::Relaxed).is_multiple_of(Self::SWEEP) {
            self.buckets.retain_recent();
        }
        self.buckets.check_key(&network(address)).map_err(|_| Problem {
            retry_after: Some(1),
            ..Problem::of_status(axum::http::StatusCode::TOO_MANY_REQUESTS)
        })
    }
}

const TEN: NonZeroU32 = match NonZeroU32::new(10) {
    Some(ten) => ten,
    None => NonZeroU32::MIN,
};

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(values: &[&str]) -> HeaderMap {
        values.iter().map(|value| ("x-forwarded-for".parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn without_trusted_proxies_the_header_counts_for_nothing() {
        assert_eq!(forwarded(&headers(&["1.2.3.4"]), 0), None);
    }

    #[test]
    fn proxies_are_counted_from_the_right() {
        let forged = headers(&["6.6.6.6, 7.7.7.7", "1.2.3.4, 10.0.0.2"]);
        assert_eq!(forwarded(&forged, 1), Some("10.0.0.2".parse().unwrap()));
        assert_eq!(forwarded(&forged, 2), Some("1.2.3.4".parse().unwrap()));
        assert_eq!(forwarded(&forged, 9), None);
        assert_eq!(forwarded(&headers(&["[2001:db8::1]:80"]), 1), Some("2001:db8::1".parse().unwrap()));
    }

    #[test]
    fn the_addresses_of_one_64_are_one_client() {
        let limiter = Limiter::new(NonZeroU32::MIN);
        let refused = (0..1_000u16)
            .filter(|host| limiter.check(IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, *host))).is_err())
            .count();
        assert!(refused >= 980, "{refused}");
        assert!(limiter.check("2001:db8:0:1::1".parse().unwrap()).is_ok());
        assert_eq!(network("::ffff:1.2.3.4".parse().unwrap()), "1.2.3.4".parse::<IpAddr>().unwrap());
    }
}
