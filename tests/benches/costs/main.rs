//! `cargo bench`: what Client Connect costs, in one Markdown table.

mod calls;
mod growth;
mod names;
mod native;
mod same;
mod saves;
mod table;
mod timing;
mod world;

use std::time::Duration;

fn main() -> world::Setup<()> {
    let cache = tempfile::tempdir()?;
    let mut table = table::Table::default();
    let sizes: Vec<usize> = std::env::args().filter_map(|word| word.parse().ok()).collect();
    let mut worlds = Vec::new();
    for size in if sizes.is_empty() { &[1_000, 100_000, 1_000_000] } else { &sizes[..] } {
        let began = std::time::Instant::now();
        worlds.push(world::World::new(*size, cache.path())?);
        eprintln!("{size} documents in {:?}", began.elapsed());
    }
    let budget = Duration::from_secs(3);
    calls::measure(&worlds[0], budget, &mut table);
    growth::measure(&worlds, budget, &mut table);
    saves::measure(&worlds[0], budget, &mut table)?;
    println!("{table}");
    Ok(())
}
