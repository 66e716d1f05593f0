import Basics
import Testing

@testable import Keyring
@testable import Simulator

/// A history of random commands, applied to the state machine and to the reference store, with
/// every outcome compared. Few accounts, users and ids, so that commands meet each other.
struct RandomHistory {
    var random: SeededGenerator
    var machine: StateMachine
    var reference: ReferenceStore
    var mirror: TableMirror
    var index = LogIndex.zero
    var time: Timestamp
    /// What is promised, held against every outcome beside the reference.
    private var promises: Promises
    var coverage = Coverage()
    /// Whether an outcome wasn't the reference's: what follows would say nothing more.
    private(set) var hasDiverged = false
    /// Sent before, to be sent again.
    private var sent: [Envelope] = []
    var nextID: UInt64 = 1_000
    private var nextRequest: UInt64 = 0

    /// How often each kind of command succeeded and failed, and each refusal was given.
    struct Coverage {
        var succeeded: [Command.Kind: Int] = [:]
        var failed: [Command.Kind: Int] = [:]
        var refusals: [String: Int] = [:]
        var replays = 0
        var forgotten = 0
        var commands = 0

        mutating func add(_ other: Coverage) {
            succeeded.merge(other.succeeded, uniquingKeysWith: +)
            failed.merge(other.failed, uniquingKeysWith: +)
            refusals.merge(other.refusals, uniquingKeysWith: +)
            replays += other.replays
            forgotten += other.forgotten
            commands += other.commands
        }

        mutating func note(_ kind: Command.Kind, _ outcome: Outcome) {
            commands += 1
            switch outcome {
            case .changed(let change):
                succeeded[kind, default: 0] += 1
                if change.replayed { replays += 1 }
            case .held(let receipt):
                succeeded[kind, default: 0] += 1
                if receipt.replayed { replays += 1 }
            case .noted: succeeded[kind, default: 0] += 1
            case .refused(let refusal):
                failed[kind, default: 0] += 1
                refusals[refusal.code, default: 0] += 1
            case .charged(let charges):
                for charge in charges { note(charge) }
            case .malformed: refusals["malformed", default: 0] += 1
            }
        }

        private mutating func note(_ charge: ChargeOutcome) {
            switch charge {
            case .charged(let receipt):
                succeeded[.charge, default: 0] += 1
                if receipt.replayed { replays += 1 }
            case .refused(let refusal):
                failed[.charge, default: 0] += 1
                refusals[refusal.code, default: 0] += 1
            }
        }
    }

    init(seed: UInt64) {
        random = SeededGenerator(seed: seed)
        var settings = ClusterSettings.standard
        settings.activeKeysPerUser = UInt32(1 + random.below(3))
        settings.keysPerUser = settings.activeKeysPerUser + UInt32(random.below(4))
        settings.tokensPerAccount = UInt32(2 + random.below(5))
        settings.idempotencySeconds = UInt32(600 + random.below(90_000))
        settings.requestSeconds = UInt32(1 + random.below(600))
        settings.uuidRecords = UInt32(1 + random.below(40))
        settings.freeFormRecordsPerAccount = UInt32(1 + random.below(12))
        settings.requestRecords = UInt32(1 + random.below(60))
        settings.auditRecords = UInt32(5 + random.below(150))
        settings.auditSeconds = UInt32(3_600 + random.below(20 * 86_400))
        settings.holdsPerAccount = UInt32(1 + random.below(3))
        settings.endedHoldSeconds = UInt32(1 + random.below(20_000))
        settings.endedHolds = UInt32(1 + random.below(10))
        let genesis = Sample.genesis(settings)
        machine = StateMachine(genesis: genesis)
        reference = ReferenceStore(genesis: genesis)
        promises = Promises(genesis: genesis)
        mirror = TableMirror(of: machine)
        time = genesis.time
    }

    /// Applies one more command, unless the two have parted.
    mutating func step() {
        guard !hasDiverged else { return }
        passTime()
        let envelope = draw()
        index = index.next
        var changes: [TableChange] = []
        let (request, outcome) = machine.apply(
            envelope.encode(), at: index, time: time, changes: &changes)
        let expected = reference.apply(envelope, at: index, time: time)
        #expect(request == envelope.requestID)
        #expect(outcome == expected, "\(index): \(envelope)")
        hasDiverged = outcome != expected
        holdPromises(envelope, outcome)
        for change in changes { mirror.follow(change) }
        coverage.note(envelope.command.kind, outcome)
        coverage.forgotten += changes.count {
            if case .keyForgotten = $0 { true } else { false }
        }
        sent.append(envelope)
        if sent.count > 40 { sent.removeFirst() }
    }

    private mutating func holdPromises(_ envelope: Envelope, _ outcome: Outcome) {
        promises.begin(at: index, time: time)
        do throws(Violation) {
            try promises.judge(envelope, outcome, at: .zero)
        } catch {
            Issue.record("\(error)")
            hasDiverged = true
        }
    }

    private mutating func passTime() {
        switch random.below(100) {
        case 0..<50: break
        case 50..<85: time = time + .milliseconds(Int64(random.below(5_000)))
        case 85..<95: time = time + .seconds(Int64(random.below(600)))
        case 95..<99: time = time + .seconds(Int64(random.below(20_000)))
        default: time = time + .seconds(Int64(random.below(2) * 86_400 * 5))
        }
        // A clock that ran backwards: log time must not.
        if random.chance(1, in: 50) {
            time = Timestamp(milliseconds: time.milliseconds - 1_000)
        }
    }

    private mutating func draw() -> Envelope {
        if random.chance(1, in: 10), let again = sent.randomItem(&random), !revives(again) {
            return repeated(again)
        }
        nextRequest += 1
        let command = drawCommand()
        var actor = drawActor()
        switch command {
        case .charge, .hold: actor = .cluster
        case .tick, .reportLastUsed: if random.chance(9, in: 10) { actor = .cluster }
        default: break
        }
        return Envelope(
            requestID: RequestID(high: 3, low: nextRequest), actor: actor,
            idempotency: random.chance(1, in: 3) ? drawID() : nil,
            content: Sample.digest(random.below(3)), command: command)
    }

    /// Whether it would bring back an account that was forgotten. No node repeats a request when
    /// that long has passed, and no other request draws the same id.
    private func revives(_ envelope: Envelope) -> Bool {
        guard case .createAccount(let id, _) = envelope.command else { return false }
        return !reference.accounts.contains { $0.detail.id == id }
    }

    /// The node's own retry, a client's, or another content under the same id.
    private mutating func repeated(_ envelope: Envelope) -> Envelope {
        var again = envelope
        if random.chance(1, in: 3) { return again }
        nextRequest += 1
        again.requestID = RequestID(high: 3, low: nextRequest)
        if random.chance(1, in: 4) { again.content = Sample.digest(77) }
        return again
    }

    private mutating func drawActor() -> Actor {
        if random.chance(1, in: 40) { return .cluster }
        if random.chance(6, in: 10) { return .token(Sample.operatorToken) }
        return .token(drawToken())
    }

    mutating func drawID() -> IdempotencyKey {
        if random.chance(1, in: 2) {
            return IdempotencyKey("id \(random.below(30))")!
        }
        // Mostly now, sometimes too old or too new, often the same again.
        let offset = Int64(random.below(8)) * 60_000 - 240_000
        var milliseconds = time.milliseconds / 60_000 * 60_000 + offset
        if random.chance(1, in: 10) { milliseconds += 3_600_000 }
        if random.chance(1, in: 10) { milliseconds -= Int64(random.below(100_000_000)) }
        return Sample.uuid(Timestamp(milliseconds: milliseconds), random.below(4))
    }

    // What commands are about: mostly something that exists.
    private mutating func drawCommand() -> Command {
        if reference.accounts.count < 2 {
            return .createAccount(AccountID(fresh()), name: drawName())
        }
        switch random.below(100) {
        case 0..<18: return drawCharge()
        case 18..<30: return .hold(drawHold())
        case 30..<45: return drawKeyCommand()
        case 45..<58: return .createKey(drawNewKey())
        case 58..<62: return .importKeys(drawImport())
        case 62..<75: return drawUserCommand()
        case 75..<77: return drawPoolCommand()
        case 77..<88: return drawTokenCommand()
        case 88..<92: return drawAccountCommand()
        case 92: return drawAPICommand()
        case 93..<95: return .tick
        case 95..<97:
            return .reportLastUsed(
                (0..<3).map { _ in
                    LastUsed(
                        key: drawKey().0,
                        minute: UInt32(time.milliseconds / 60_000 + 1 - Int64(random.below(3))))
                })
        case 97: return .changeMember(drawMemberCommand())
        default: return .updateSettings(drawSettings())
        }
    }
}

extension Array {
    func randomItem(_ random: inout SeededGenerator) -> Element? {
        isEmpty ? nil : self[Int(random.below(UInt64(count)))]
    }
}
