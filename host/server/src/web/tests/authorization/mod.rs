//! Who may do what, proven against a model: random commands are done on the host and on [`model`], and after each of
//! them people look around, and must see what the model says (T-AUTH, INV-1).
//!
//! That the tests would see it if the host allowed too much is proven too: faults are planted, and each has to be found.
//!
//! `AUTHORIZATION_SEQUENCES` sets how many sequences are tried, and `AUTHORIZATION_SEED` where they begin. What fails
//! is told as the shortest sequence that does.

mod command;
mod floor;
mod history;
mod look;
mod model;
mod world;

use std::cell::RefCell;

use client_connect_fixtures::{figure, guests};
use proptest::{
    strategy::{Strategy as _, ValueTree as _},
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};

use crate::planted::Fault;
use command::{Command, Step, step};
use look::{Look, Measure};
use world::{House, World};

/// Commands of a sequence, beside those with which it begins.
const COMMANDS: usize = 40;
/// Sequences that are tried in every run of the tests.
const SEQUENCES: u64 = 250;
/// Cells that these must come to.
const CELLS: u64 = 240_000;

/// How a sequence begins: with some documents, some access, and something shared.
fn beginning() -> Vec<Command> {
    let mut all: Vec<Command> = [0, 0, 0, 1].map(|matter| Command::File { by: 0, matter }).to_vec();
    all.push(Command::File { by: 5, matter: 2 });
    for (by, matter, contact, download) in
        [(0, 0, 0, true), (0, 0, 1, false), (0, 1, 0, true), (4, 1, 3, true), (5, 2, 4, true)]
    {
        all.push(Command::Grant { by, matter, contact, open: true, download, until: None });
    }
    for (by, matter, document, contact) in [(0, 0, 0, 0), (0, 0, 0, 1), (0, 0, 1, 0), (4, 1, 3, 3), (5, 2, 4, 4)] {
        all.push(Command::Share { by, matter, document, contact });
    }
    all.extend((0..5).map(|contact| Command::SignIn { contact }));
    all
}

/// What came of trying.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    cells: u64,
    allowed: u64,
    requests: u64,
}

/// Tries one sequence.
async fn tried(
    house: &House,
    steps: &[Step],
    measure: Measure,
    fault: &str,
    tally: &RefCell<Tally>,
) -> Result<(), String> {
    let (mut world, mut model) = World::found(house, fault);
    let began = model.now;
    let mut done = Vec::new();
    let mut outcome = Ok(());
    let commands = beginning().into_iter().map(|command| (Some(command), None));
    for (given, step) in commands.chain(steps.iter().map(|step| (None, Some(*step)))) {
        let command = given.unwrap_or_else(|| step.unwrap().command(&model, began));
        done.push(command);
        let look = step.map(|step| step.look);
        outcome = follow(&mut world, &mut model, command, look, measure).await;
        if outcome.is_err() {
            break;
        }
    }
    let mut tally = tally.borrow_mut();
    tally.cells += world.cells.0;
    tally.allowed += world.cells.1;
    tally.requests += world.requests;
    outcome.map_err(|what| {
        let told: Vec<String> = done.iter().skip(beginning().len()).map(|command| format!("  {command:?}")).collect();
        format!("{what}\nafter\n{}", told.join("\n"))
    })
}

async fn follow(
    world: &mut World,
    model: &mut model::Model,
    command: Command,
    look: Option<u64>,
    measure: Measure,
) -> Result<(), String> {
    let mut done = command.ask(world, model).await;
    // A busy machine makes a call of the plugin miss its deadline: then nothing was done.
    for _ in 0..2 {
        if done.is_err() && measure == Measure::Equal {
            done = command.ask(world, model).await;
        }
    }
    match measure {
        Measure::Equal => {
            let done = done.map_err(|what| format!("{command:?}: {what}"))?;
            let due = model.apply(&command);
            world.cells.0 += 1;
            world.cells.1 += u64::from(done && due);
            if done != due {
                let word = |yes: bool| if yes { "accepted" } else { "refused" };
                return Err(format!("{command:?} was {}, should be {}", word(done), word(due)));
            }
        }
        // Whatever the plugin made of it: what counts is what the records say.
        Measure::Floor => world.recorded(model),
    }
    world.note_places(model);
    match look {
        Some(look) => Look::around(world, model, measure, look).await,
        None => Ok(()),
    }
}

/// What is planted in the rules; the guest's sources say what each is.
const IN_THE_RULES: [&str; 7] = [
    "closed-takes-uploads",
    "closed-portal-stays-open",
    "everybody-downloads",
    "access-without-end",
    "unshared-stays-live",
    "deleted-stays-shared",
    "shared-with-all",
];
/// Sequences in which a planted fault has to be found.
const TO_FIND: u64 = 60;

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name)
        .map_or(otherwise, |given| given.parse().unwrap_or_else(|_| panic!("{name} is no number: {given}")))
}

fn runner(seed: u64, lane: u64) -> TestRunner {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    bytes[8..16].copy_from_slice(&lane.to_le_bytes());
    let config = Config { failure_persistence: None, ..Config::default() };
    TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes))
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

/// Tries sequences until one fails: answers how many cells that took, and the shortest that fails.
fn search(house: &House, sequences: u64, lane: u64, measure: Measure, fault: &str) -> (Tally, Option<String>) {
    let tally = RefCell::new(Tally::default());
    let seed = number("AUTHORIZATION_SEED", 1);
    let mut runner = runner(seed, lane);
    let steps = proptest::collection::vec(step(), COMMANDS);
    for sequence in 0..sequences {
        let mut tree = steps.new_tree(&mut runner).unwrap();
        let first = block_on(tried(house, &tree.current(), measure, fault, &tally));
        let Err(mut shortest) = first else { continue };
        let found = *tally.borrow();
        // Shorter and shorter, as long as something fails; a planted fault need not be told so well.
        let mut tries = if fault.is_empty() { 300 } else { 0 };
        while tries > 0 && tree.simplify() {
            loop {
                tries -= 1;
                match block_on(tried(house, &tree.current(), measure, fault, &tally)) {
                    Err(what) => shortest = what,
                    Ok(()) if tries > 0 && tree.complicate() => continue,
                    Ok(()) => tries = 0,
                }
                break;
            }
        }
        return (found, Some(format!("seed {seed}, lane {lane}, sequence {sequence}: {shortest}")));
    }
    let found = *tally.borrow();
    (found, None)
}

/// The same in two lanes at a time, each on a host of its own.
fn in_lanes(plugin: Option<&'static [u8]>, sequences: u64, measure: Measure) -> Tally {
    let lanes: Vec<_> = (0..2)
        .map(|lane| std::thread::spawn(move || search(&House::new(plugin), sequences.div_ceil(2), lane, measure, "")))
        .collect();
    let mut sum = Tally::default();
    for (tally, failed) in lanes.into_iter().map(|lane| lane.join().unwrap()) {
        assert!(failed.is_none(), "{}", failed.unwrap_or_default());
        sum = Tally {
            cells: sum.cells + tally.cells,
            allowed: sum.allowed + tally.allowed,
            requests: sum.requests + tally.requests,
        };
    }
    figure(format_args!("{} cells compared in {} requests, {sequences} sequences", sum.cells, sum.requests));
    sum
}

#[test]
fn t_auth_inv_1_the_host_allows_what_the_model_allows_and_tells_nobody_more() {
    let sequences = number("AUTHORIZATION_SEQUENCES", SEQUENCES);
    let Tally { cells, allowed, .. } = in_lanes(None, sequences, Measure::Equal);
    assert!(cells >= CELLS * sequences / SEQUENCES, "{cells} cells are too few");
    // A model that forbids everything would prove nothing.
    assert!(allowed >= cells / 10, "{allowed} of {cells} cells were allowed");
}

#[test]
fn t_plug_8_under_a_plugin_that_allows_everything_no_customer_leaves_the_floor() {
    let sequences = number("AUTHORIZATION_SEQUENCES", SEQUENCES) / 5;
    let Tally { cells, allowed, .. } = in_lanes(Some(guests::MISBEHAVING), sequences, Measure::Floor);
    // No command is one here.
    assert!(cells >= CELLS * sequences / SEQUENCES * 9 / 10, "{cells} cells are too few");
    assert!(allowed >= cells / 20, "{allowed} of {cells} cells were allowed");
}

/// Plants each fault in turn, and answers how many cells were compared until it was found.
fn hunt(lane: usize, lanes: usize) -> Vec<(String, Option<u64>)> {
    let (host, rules) = (House::new(None), House::new(Some(guests::PLANTED)));
    let (_, failed) = search(&rules, 2, 9, Measure::Equal, "none");
    assert!(failed.is_none(), "the faulty plugin behaves where no fault is asked for: {}", failed.unwrap_or_default());
    let mut found = Vec::new();
    for fault in Fault::ALL.into_iter().skip(lane).step_by(lanes) {
        host.app.planted.set(Some(fault));
        let (tally, failed) = search(&host, TO_FIND, 7, Measure::Equal, "in the host");
        found.push((format!("{fault:?}"), failed.map(|_| tally.cells)));
    }
    for fault in IN_THE_RULES.into_iter().skip(lane).step_by(lanes) {
        let (tally, failed) = search(&rules, TO_FIND, 7, Measure::Equal, fault);
        found.push((fault.to_owned(), failed.map(|_| tally.cells)));
    }
    found
}

#[test]
fn t_auth_every_planted_fault_is_found() {
    let lanes: Vec<_> = (0..2).map(|lane| std::thread::spawn(move || hunt(lane, 2))).collect();
    let found: Vec<_> = lanes.into_iter().flat_map(|lane| lane.join().unwrap()).collect();
    for (fault, cells) in &found {
        println!("{fault}: {cells:?}");
    }
    assert_eq!(found.len(), Fault::ALL.len() + IN_THE_RULES.len());
    let alive: Vec<_> = found.iter().filter(|(_, cells)| cells.is_none()).collect();
    assert!(alive.is_empty(), "these would go unseen: {alive:?}");
    let hardest = found.iter().filter_map(|(_, cells)| *cells).max().unwrap_or_default();
    figure(format_args!("{} of {} found, the hardest after {hardest} cells", found.len(), found.len()));
}
