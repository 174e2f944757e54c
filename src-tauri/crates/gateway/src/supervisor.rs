//! When an upstream is started, tried again or given up: a pure state machine. Time and chance come in
//! as arguments; the slot acts on what it says.

use std::time::Duration;

use headgate_model::UpstreamState;
use tokio::time::Instant;

/// The pause after a first failure; it doubles with each further one.
const FIRST_DELAY: Duration = Duration::from_millis(250);
/// The longest pause.
const MAX_DELAY: Duration = Duration::from_secs(60);
/// Failures in a row after which an upstream counts as failed.
const MAX_FAILURES: u32 = 5;
/// A run of this length proves that the upstream works; the next failure counts as the first.
const PROOF: Duration = Duration::from_secs(30);
/// A call waits for a restart that is at most this far away.
const WORTH_WAITING: Duration = Duration::from_secs(5);
/// How often calls may try an upstream that counts as failed.
const RETRY_AFTER: Duration = Duration::from_secs(10);
/// A copy that keeps state for somebody runs on for this long after it was used.
const STATE_LIFE: Duration = Duration::from_secs(60 * 60);
/// How often it is tried by itself: a server that was down for the night comes back unasked.
const SLOW_RETRY: Duration = Duration::from_secs(5 * 60);

/// How often a running copy is asked whether it is still needed, so that a changed setting takes effect.
const LOOK_EVERY: Duration = Duration::from_secs(15);
/// Looking costs a message.
pub(crate) const SHORTEST_LOOK: Duration = Duration::from_millis(50);

#[derive(Debug, Clone, Copy, PartialEq)]
enum Phase {
    Stopped { by_person: bool },
    Starting,
    Ready { since: Instant },
    BackingOff { until: Instant },
    Failed { until: Instant },
}

/// The state of one slot.
#[derive(Debug)]
pub(crate) struct Supervisor {
    phase: Phase,
    failures: u32,
    starts: u64,
    /// Starts again by itself after a crash.
    restarts_itself: bool,
    /// It ended while somebody needed it, and has not come back yet.
    is_missed: bool,
}

/// What to do for somebody who wants the upstream.
#[derive(Debug, PartialEq)]
pub(crate) enum Demand {
    /// Start it now.
    Start,
    /// A start is under way, or about to be: wait for it.
    Wait,
    /// It is there.
    Use,
    /// Not now; tell why.
    Refuse(Refusal),
}

/// Why a demand is refused.
#[derive(Debug, PartialEq)]
pub(crate) enum Refusal {
    /// A person stopped it.
    Stopped,
    /// It failed, and the next try is this far away.
    Failing(Duration),
}

impl Supervisor {
    pub(crate) fn new(restarts_itself: bool) -> Self {
        let phase = Phase::Stopped { by_person: false };
        Self { phase, failures: 0, starts: 0, restarts_itself, is_missed: false }
    }

    /// Where it stands, as far as its own runs tell.
    pub(crate) fn state(&self) -> UpstreamState {
        match self.phase {
            Phase::Stopped { by_person: true } => UpstreamState::Stopped,
            Phase::Stopped { by_person: false } if self.starts == 0 => UpstreamState::Configured,
            Phase::Stopped { by_person: false } => UpstreamState::Asleep,
            Phase::Starting => UpstreamState::Starting,
            Phase::Ready { .. } => UpstreamState::Ready,
            Phase::BackingOff { .. } => UpstreamState::BackingOff,
            Phase::Failed { .. } => UpstreamState::Failed,
        }
    }

    /// True when a person stopped it; then nobody else starts it.
    pub(crate) fn is_held(&self) -> bool {
        self.phase == Phase::Stopped { by_person: true }
    }

    /// Starts after the first one.
    pub(crate) fn restarts(&self) -> u64 {
        self.starts.saturating_sub(1)
    }

    /// When to start, if at all: by itself, or because somebody waits for it.
    pub(crate) fn wakes_at(&self, somebody_waits: bool) -> Option<Instant> {
        let is_needed = self.restarts_itself || self.is_missed;
        match self.phase {
            Phase::BackingOff { until } if is_needed || somebody_waits => Some(until),
            Phase::Failed { until } if is_needed => Some(until - RETRY_AFTER + SLOW_RETRY),
            _ => None,
        }
    }

    /// Somebody wants the upstream. After `Start`, call [`Supervisor::starting`].
    pub(crate) fn demanded(&self, now: Instant) -> Demand {
        match self.phase {
            Phase::Ready { .. } => Demand::Use,
            Phase::Starting => Demand::Wait,
            Phase::Stopped { by_person: true } => Demand::Refuse(Refusal::Stopped),
            Phase::Stopped { by_person: false } => Demand::Start,
            Phase::BackingOff { until } | Phase::Failed { until } if until <= now => Demand::Start,
            Phase::BackingOff { until } if until - now <= WORTH_WAITING => Demand::Wait,
            Phase::BackingOff { until } | Phase::Failed { until } => {
                Demand::Refuse(Refusal::Failing(until - now))
            }
        }
    }

    /// A person wants it, whatever happened before: past failures and a stop are forgiven.
    pub(crate) fn forgive(&mut self) {
        self.failures = 0;
        if !matches!(self.phase, Phase::Starting | Phase::Ready { .. }) {
            self.phase = Phase::Stopped { by_person: false };
        }
    }

    pub(crate) fn starting(&mut self) {
        self.phase = Phase::Starting;
        self.starts += 1;
    }

    pub(crate) fn started(&mut self, now: Instant) {
        self.phase = Phase::Ready { since: now };
        self.is_missed = false;
    }

    /// A start failed, or a run ended by itself. `chance` in 0..1 spreads restarts that would
    /// otherwise come at once.
    pub(crate) fn failed(&mut self, now: Instant, chance: f64) {
        if let Phase::Ready { since } = self.phase
            && now - since >= PROOF
        {
            self.failures = 0;
        }
        self.failures += 1;
        self.phase = match self.failures >= MAX_FAILURES {
            true => Phase::Failed { until: now + RETRY_AFTER },
            false => Phase::BackingOff { until: now + delay(self.failures, chance) },
        };
    }

    /// It ended without a fault, as when its HTTP session expired, and somebody needs it to run. A pause comes
    /// first, which grows if this happens again and again.
    pub(crate) fn missed(&mut self, now: Instant, chance: f64) {
        self.is_missed = true;
        self.failed(now, chance);
    }

    /// It ended because it was asked to, or because its HTTP session expired.
    pub(crate) fn stopped(&mut self, by_person: bool) {
        self.phase = Phase::Stopped { by_person };
        self.is_missed = false;
    }
}

/// How long a running copy must have been unused before it may be stopped; `None` when never. One that
/// keeps state would come back without it, so it gets an hour at least.
pub(crate) fn may_rest_after(upstream_sleep: Duration, keeps_state: bool) -> Option<Duration> {
    match (upstream_sleep, keeps_state) {
        (Duration::ZERO, _) => None,
        (sleep, true) => Some(sleep.max(STATE_LIFE)),
        (sleep, false) => Some(sleep),
    }
}

/// When to look again whether a running copy may end, which it may at `may_end_at` if it is not used by then.
pub(crate) fn looks_again_at(now: Instant, upstream_sleep: Duration, may_end_at: Option<Instant>) -> Instant {
    let pause = match upstream_sleep {
        Duration::ZERO => LOOK_EVERY,
        sleep => sleep.clamp(SHORTEST_LOOK, LOOK_EVERY),
    };
    let due = may_end_at.map_or(now + pause, |at| at.min(now + pause));
    due.max(now + SHORTEST_LOOK)
}

/// A quarter more or less than the doubled pause.
fn delay(failures: u32, chance: f64) -> Duration {
    let doubled = FIRST_DELAY.saturating_mul(1 << (failures - 1).min(16)).min(MAX_DELAY);
    doubled.mul_f64(0.75 + chance / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(count: u64) -> Duration {
        Duration::from_secs(count)
    }

    fn running(restarts_itself: bool, now: Instant) -> Supervisor {
        let mut supervisor = Supervisor::new(restarts_itself);
        assert_eq!(supervisor.demanded(now), Demand::Start);
        supervisor.starting();
        assert_eq!(supervisor.demanded(now), Demand::Wait);
        supervisor.started(now);
        assert_eq!(supervisor.demanded(now), Demand::Use);
        supervisor
    }

    #[test]
    fn a_first_crash_is_soon_forgotten() {
        let now = Instant::now();
        let mut supervisor = running(true, now);
        supervisor.failed(now, 0.5);
        assert_eq!(supervisor.wakes_at(false), Some(now + FIRST_DELAY));
        assert_eq!(supervisor.demanded(now), Demand::Wait);
        assert_eq!(supervisor.demanded(now + seconds(1)), Demand::Start);
    }

    #[test]
    fn crash_after_crash_backs_off_and_then_slows_down() {
        let now = Instant::now();
        let mut supervisor = running(true, now);
        let mut pauses = Vec::new();
        while supervisor.state() != UpstreamState::Failed {
            supervisor.failed(now, 0.5);
            pauses.extend(supervisor.wakes_at(false).map(|at| (at - now).as_millis()));
        }
        assert_eq!(pauses, [250, 500, 1000, 2000, 300_000]);
        assert_eq!(supervisor.demanded(now), Demand::Refuse(Refusal::Failing(RETRY_AFTER)));
        assert_eq!(supervisor.demanded(now + RETRY_AFTER), Demand::Start);
        supervisor.forgive();
        assert_eq!(supervisor.demanded(now), Demand::Start);
    }

    #[test]
    fn a_long_run_counts_as_proof() {
        let now = Instant::now();
        let mut supervisor = running(true, now);
        for _ in 0..3 {
            supervisor.failed(now, 0.5);
        }
        supervisor.starting();
        supervisor.started(now);
        supervisor.failed(now + PROOF, 0.5);
        assert_eq!(supervisor.wakes_at(false), Some(now + PROOF + FIRST_DELAY));
    }

    #[test]
    fn what_a_person_stopped_stays_stopped() {
        let now = Instant::now();
        let mut supervisor = running(true, now);
        supervisor.stopped(true);
        assert_eq!(supervisor.demanded(now), Demand::Refuse(Refusal::Stopped));
        supervisor.forgive();
        assert_eq!(supervisor.demanded(now), Demand::Start);
    }

    #[test]
    fn a_child_of_one_session_waits_for_its_next_call() {
        let now = Instant::now();
        let mut supervisor = running(false, now);
        supervisor.failed(now, 0.5);
        assert_eq!(supervisor.wakes_at(false), None);
        assert_eq!(supervisor.demanded(now), Demand::Wait);
        assert_eq!(supervisor.wakes_at(true), Some(now + FIRST_DELAY));
        assert_eq!(supervisor.demanded(now + FIRST_DELAY), Demand::Start);
    }

    #[test]
    fn who_is_missed_comes_back() {
        let now = Instant::now();
        for restarts_itself in [true, false] {
            let mut supervisor = running(restarts_itself, now);
            supervisor.missed(now, 0.5);
            assert_eq!(supervisor.wakes_at(false), Some(now + FIRST_DELAY));
            supervisor.starting();
            supervisor.failed(now, 0.5);
            assert_eq!(
                supervisor.wakes_at(false),
                Some(now + 2 * FIRST_DELAY),
                "nobody else would try again"
            );
            supervisor.starting();
            supervisor.started(now);
            supervisor.failed(now, 0.5);
            assert_eq!(supervisor.wakes_at(false).is_some(), restarts_itself);
        }
    }

    #[test]
    fn sleep_comes_later_to_who_keeps_state() {
        assert_eq!(may_rest_after(seconds(600), false), Some(seconds(600)));
        assert_eq!(may_rest_after(seconds(600), true), Some(STATE_LIFE));
        assert_eq!(may_rest_after(seconds(7200), true), Some(seconds(7200)));
        assert_eq!(may_rest_after(Duration::ZERO, false), None);
    }

    #[test]
    fn a_look_is_never_long_away_and_never_at_once() {
        let now = Instant::now();
        let check = |sleep, may_end_at, expected| {
            assert_eq!(looks_again_at(now, sleep, may_end_at), now + expected, "{sleep:?} {may_end_at:?}");
        };
        check(seconds(600), None, LOOK_EVERY);
        check(seconds(600), Some(now + seconds(3600)), LOOK_EVERY);
        check(seconds(600), Some(now + seconds(3)), seconds(3));
        check(seconds(600), Some(now - seconds(3)), SHORTEST_LOOK);
        check(seconds(1), None, seconds(1));
        check(Duration::ZERO, None, LOOK_EVERY);
    }

    #[test]
    fn a_person_s_stop_is_no_sleep() {
        let now = Instant::now();
        let mut supervisor = Supervisor::new(true);
        assert_eq!(supervisor.state(), UpstreamState::Configured);
        supervisor.starting();
        supervisor.started(now);
        supervisor.stopped(false);
        assert_eq!(supervisor.state(), UpstreamState::Asleep);
        supervisor.stopped(true);
        assert_eq!(supervisor.state(), UpstreamState::Stopped);
    }

    #[test]
    fn pauses_are_spread_and_bounded() {
        assert_eq!(delay(1, 0.0), FIRST_DELAY.mul_f64(0.75));
        assert_eq!(delay(1, 1.0), FIRST_DELAY.mul_f64(1.25));
        assert_eq!(delay(40, 0.5), MAX_DELAY);
    }
}
