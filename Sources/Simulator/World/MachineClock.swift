import Basics

/// A machine's clocks: a monotonic one that runs at a rate of its own, and a wall clock beside it.
///
/// Laws: the monotonic clock never runs backwards, whatever happens to its rate; `worldTime(of:)`
/// is the first instant of the world at which the machine's clock shows at least what was asked.
struct MachineClock {
    /// The world's instant at which the rate last changed, and what this clock showed then.
    private var base: (world: Instant, local: Instant)
    private(set) var partsPerMillion: Int64 = 0
    /// Since when it ran at which rate before, and what it showed then; oldest first.
    private var past: [(world: Instant, local: Instant, partsPerMillion: Int64)] = []
    /// What the wall clock shows beyond the time that passed on the monotonic one.
    var wallOffset = Duration.zero
    /// What the clock that counts suspensions as well shows beyond the monotonic one.
    var bootOffset = Duration.zero
    private let origin: Instant

    /// Shows `origin` at the beginning of the world.
    init(origin: Instant) {
        base = (.zero, origin)
        self.origin = origin
    }

    func reading(at world: Instant) -> ClockReading {
        let now = local(at: world)
        return ClockReading(
            steady: steady(at: world), wall: World.wallStart + (now - origin) + wallOffset)
    }

    func steady(at world: Instant) -> SteadyInstant {
        let now = local(at: world)
        return SteadyInstant(running: now, sinceBoot: now + bootOffset)
    }

    /// What it shows, will show if its rate stays, or showed.
    func local(at world: Instant) -> Instant {
        if world < base.world, let then = past.last(where: { $0.world <= world }) {
            return then.local + Self.stretched(world - then.world, by: then.partsPerMillion)
        }
        return base.local + Self.stretched(world - base.world, by: partsPerMillion)
    }

    private static func stretched(_ elapsed: Duration, by partsPerMillion: Int64) -> Duration {
        let count = elapsed.nanoseconds
        // In two parts: nanoseconds of a day times a million don't fit.
        let whole = count / 1_000_000 * partsPerMillion
        let rest = count % 1_000_000 * partsPerMillion / 1_000_000
        return .nanoseconds(count + whole + rest)
    }

    func worldTime(of local: Instant) -> Instant {
        guard local < .never else { return .never }
        let wanted = (local - base.local).nanoseconds
        guard wanted > 0 else { return base.world }
        let rate = 1_000_000 + partsPerMillion
        let whole = wanted / rate * 1_000_000
        let rest = wanted % rate * 1_000_000 / rate
        var world = base.world + .nanoseconds(whole + rest)
        // Rounding may have lost a little.
        while self.local(at: world) < local { world = world + .nanoseconds(1) }
        return world
    }

    mutating func setRate(partsPerMillion: Int64, at world: Instant) {
        precondition(abs(partsPerMillion) < 1_000_000, "a clock that stands still or runs twice")
        past.append((base.world, base.local, self.partsPerMillion))
        base = (world, local(at: world))
        self.partsPerMillion = partsPerMillion
    }
}
