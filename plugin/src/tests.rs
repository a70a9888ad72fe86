//! The rules, under their ids, over a host in memory.

mod access;
mod access_edges;
mod events;
mod letters;
mod notifications;
mod portal;
mod sharing;
mod sharing_lists;
mod steps;
mod uploads;
