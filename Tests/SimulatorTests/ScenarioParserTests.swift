import Basics
import Foundation
import Testing

@testable import Simulator

@Suite struct ScenarioParserTests {
    static let head = """
        # What it shows.
        cluster 3 nodes, seed 7
        first create account acme
        first create user alice in acme
        first create key K for alice
        at 1s call the leader A
        at 1s charge 2 credits to K as c1 on A

        """

    /// Every form of every statement once.
    static let every = """
        # What it shows.
        #
        # And why.
        cluster 5 nodes, seed 18446744073709551615
        network delay 1ms to 2.5ms
        disk delay 50µs to 1.25s
        snapshot every 12 KiB of log
        wall clock starts 20s before month's end
        first create account acme
        first create user alice in acme
        first create user bob
        first create key K for alice
        first create key batch-key for bob opening batch
        first create key short for bob opening mail expiring at 5s
        first create API mail
        first rotate K as K9
        first limit alice to 100 credits per month
        first limit bob to 1 credit per day opening batch
        first limit bob to 0 credits in all
        at 1s call the leader A, a follower B, the other follower C, n5 D
        at 1s cut A from B C
        at 1s cut the leader from the others
        at 1s cut n1 to n2
        at 1s mend A from the others
        at 1s mend n1 to n2
        at 1s heal
        at 1s slow link n1 to n2 n3 by 200ms
        at 1s corrupt A to B
        at 1s replay A to the other follower
        at 1.5s crash A
        at 1.5s crash A losing power
        at 1.5s crash a follower after 1 effect
        at 1.5s crash A after 3 effects
        at 1.5s crash all losing power
        at 1.5s restart all
        at 1.5s restart A
        at 2s reset links of A
        at 2s pause A
        at 2s resume A
        at 2s stop A
        at 2s hang disk of A
        at 2s free disk of A
        at 2s fill disk of A
        at 2s make room on A
        at 2s fail disk of A
        at 2s rot disk of A
        at 2s misdirect write of A
        at 2s wipe A
        at 2s reformat A
        at 2s slow disk of A by 5ms
        at 2s shift clock of A by +30s
        at 2s shift clock of A by -1.5s
        at 2s drift clock of A by +20000 ppm
        at 2s drift clock of A by -60000 ppm
        at 3s activate K on A expect ok
        at 3s deactivate K on A expect ok within 2.3s
        at 3s revoke K on A expect refused with key_not_found
        at 3s rotate K9 as K10 with 5s grace on A expect refused with key_retiring
        at 3s create API search on A expect refused with api_taken
        at 3s remove API search on A expect refused with api_in_use
        at 3s revoke all keys of alice on A expect unknown outcome
        at 3s remove user alice on A expect failed with no_leader
        at 3s lift limit of alice on A expect no answer within 10s
        at 3s charge 1 credit to K as c1 on A expect charged
        at 3s charge 5 credits to K on A expect 95 left
        at 3s retry c1 on B expect replayed
        at 3s retry c1 on the leader expect exhausted
        at 3s read credits of K on A expect 0 left
        at 3s validate K on A expect valid
        at 3s validate K on A expect not invalid
        at 3s set lease to 1.5s on A expect ok
        at 3s set lease to 0s on A expect refused with setting_refused
        at 3s hand over to B on A
        at 3s hand over on A
        at 3s take snapshot on A
        at 3s create key K2 for alice on A
        every 1ms from return of deactivate K: validate K on A expect not valid
        every 1ms from return of charge c1 plus 2ms until 4s: validate K on B expect invalid
        every 1ms from 3s until return of retry: validate K on C expect unavailable
        every 10ms from 3s until 4s: expect A leads
        at 4s expect a leader within 1s
        at 4s expect another leader within 1s
        at 4s expect no leader
        at 4s expect the same leader as at 1s
        at 4s expect converged within 1s
        at 4s expect A follows
        at 4s expect A is whole
        at 4s expect A is in doubt
        at 4s expect A is damaged
        at 4s expect A is running
        at 4s expect A is down
        at 4s expect A writes a snapshot within 1s
        at 4s expect A installs a snapshot within 1s
        at 4s expect A refuses a link within 1s
        at 4s expect A runs out of room within 1s
        at 4s expect A finds room within 1s
        at return of retry plus 60s cut n1 to n2
        at 300s end

        """

    @Test func `what is printed says the same as what was parsed`() throws {
        let scenario = try Scenario(Self.every, file: "every")
        // Canonical already, and so printed word for word.
        #expect(scenario.text == Self.every)
        #expect(try Scenario(scenario.text, file: "printed") == scenario)
        #expect(scenario.about == ["What it shows.", "", "And why."])
        #expect(scenario.seed == .max)
        #expect(scenario.end == .seconds(300))
        #expect(scenario.conditions.diskDelay.longest == .milliseconds(1250))
    }

    @Test func `spaces, comments and blank lines don't matter`() throws {
        let plain = try Scenario(Self.head + "at 2s cut A from n1 n2\nat 3s end\n", file: "plain")
        let spaced = try Scenario(
            Self.head + "\n  at 2s   cut A   from n1\tn2   # here\n# there\r\nat 3s end", file: "")
        #expect(plain == spaced)
        let other = try Scenario(Self.head + "at 2s cut A from n1\nat 3s end\n", file: "other")
        #expect(plain != other)
    }

    @Test func `every scenario file says the same when printed and parsed again`() throws {
        let files = try ScenarioFiles.all()
        #expect(files.count >= 20)
        for file in files {
            let scenario = try Scenario(file.text, file: file.name)
            #expect(try Scenario(scenario.text, file: "printed") == scenario, "\(file.name)")
            #expect(scenario.about.count >= 2, "\(file.name) says too little")
        }
    }

    /// Everything but the last line, which is wrong, and the error from its column on.
    static let errors: [(line: String, error: String)] = [
        (
            "at 2s cut nn1 from n2",
            "11: expected a node (n1, n2, n3, A), 'the leader', 'a follower' or 'the other "
                + "follower', found 'nn1'"
        ),
        ("at 2s cut n4 from n2", "11: there is no node n4: the cluster has n1, n2, n3"),
        ("at 2s cut A with n2", "13: expected 'from' (both ways) or 'to' (one way), found 'with'"),
        (
            "at 2s deactivat K on A",
            "7: expected a verb, found 'deactivat'; did you mean 'deactivate'?"
        ),
        ("at 2s fry K", "7: expected a verb, found 'fry'"),
        ("ta 2s heal", "1: expected 'at', 'every' or 'first', found 'ta'; did you mean 'at'?"),
        ("at 2 heal", "4: expected a time or 'return of', like 250ms or 2.1s, found '2'"),
        (
            "at 2.0000000001s heal",
            "4: expected a time or 'return of', like 250ms or 2.1s, found '2.0000000001s'"
        ),
        (
            "at 25000000000s heal",
            "4: expected a time or 'return of', like 250ms or 2.1s, found '25000000000s'"
        ),
        ("at 2s", "6: expected something to do, or 'expect', but the line ends here"),
        ("at 500ms heal", "4: 500ms is before 1s, the time of a line above"),
        ("at 2s validate K2 on A", "16: expected a key (K), found 'K2'"),
        ("at 2s validate K", "17: expected 'on', but the line ends here"),
        ("at 2s retry c2 on A", "13: expected a charge (c1), found 'c2'"),
        ("at 2s remove user bob on A", "19: expected a user (alice), found 'bob'"),
        ("at 2s create key K for alice on A", "18: the name 'K' is taken: it is a key's"),
        (
            "at 2s create key all for alice on A",
            "18: 'all' is a word of the language, not a name"
        ),
        (
            "at 2s create kay K2 for alice on A",
            "14: expected 'account', 'user', 'key' or 'API', found 'kay'; did you mean 'key'?"
        ),
        (
            "at 2s create key 2 for alice on A",
            "18: expected a new key's name: letters, digits and hyphens, a letter first, at most "
                + "40, found '2'"
        ),
        (
            "at 2s charge 0 credits to K on A",
            "14: expected credits, a whole number from 1 to 1000000000, found '0'"
        ),
        (
            "at 2s limit alice to 5 credits per year on A",
            "32: expected 'per month', 'per day' or 'in all', found 'per'"
        ),
        (
            "at 2s create key K2 for alice opening SOAP on A",
            "39: expected an API (batch, rest, or 2 to 10 characters a-z0-9), found 'SOAP'"
        ),
        (
            "at 2s crash A after many effects",
            "21: expected a number of effects, a whole number from 0 to 1000, found 'many'"
        ),
        ("at 2s hang links of A", "7: expected 'hang disk of' and a node"),
        ("at 2s fail the disk of A", "7: expected 'fail disk of' and a node"),
        (
            "at 2s shift clock of A by 30s",
            "27: expected a time with its sign, like +30s or -1.5s, found '30s'"
        ),
        (
            "at 2s drift clock of A by +1000000 ppm",
            "27: expected a rate, a whole number with its sign, at most 900000, found '+1000000'"
        ),
        ("at 2s rotate K on A", "16: expected 'as', found 'on'"),
        (
            "at 2s rotate K as K on A",
            "19: the name 'K' is taken: it is a key's"
        ),
        (
            "at 2s rotate K as K2 with 1500ms grace on A",
            "27: a grace lasts whole seconds, 30 days at most"
        ),
        ("at 2s set leash to 1s on A", "11: expected 'lease', found 'leash'"),
        ("at 2s set lease to 2 on A", "20: expected a time, like 250ms or 2.1s, found '2'"),
        (
            "at 2s set lease to 1500µs on A",
            "20: a lease lasts whole milliseconds, at most 60s"
        ),
        ("at 2s set lease to 61s on A", "20: a lease lasts whole milliseconds, at most 60s"),
        ("at 2s set lease to 1s", "22: expected 'on', but the line ends here"),
        ("at 2s set lease to 1s on A expect valid", "35: 'valid' can't be the answer to 'set'"),
        ("at 2s heal now", "12: expected 'expect', 'within' or nothing more, found 'now'"),
        ("at 2s heal expect ok", "19: 'ok' is an answer, but the line asks nothing"),
        (
            "at 2s validate K on A expect charged",
            "30: 'charged' can't be the answer to 'validate'"
        ),
        (
            "at 2s validate K on A expect vlaid",
            "30: expected an expectation, found 'vlaid'; did you mean 'valid'?"
        ),
        (
            "at 2s retry c1 on A expect refused with credit_exhausted",
            "41: expected a refusal's code, found 'credit_exhausted'; did you mean 'credits_exhausted'?"
        ),
        (
            "at 2s expect A leading",
            "16: expected one of 'leads', 'follows', 'is whole', 'is in doubt', 'is damaged', "
                + "'is a voter', 'is a learner', 'is removed', 'is running', 'is down', "
                + "'writes a snapshot', 'installs a snapshot', "
                + "'refuses a link', 'runs out of room', 'finds room', found 'leading'"
        ),
        ("at 2s expect A finds room", "26: expected 'within' and a time, but the line ends here"),
        ("at 2s expect a leader within 0s", "30: a time must be above zero"),
        ("at 2s expect the same leader as at 3s", "36: 3s isn't before the line's own time"),
        ("every 1ms from 2s heal", "19: expected ':', found 'heal'"),
        ("every 1ms from return of revoke: heal", "26: no line above asks once to 'revoke'"),
        (
            "every 1ms from return of chrage: heal",
            "26: expected a request's verb, found 'chrage'; did you mean 'charge'?"
        ),
        ("every 0s from 2s: heal", "7: a time must be above zero"),
        (
            "every 1ms from 2s: charge 1 credit to K as c2 on A",
            "1: a charge with an id can't be repeated; use 'retry'"
        ),
        (
            "every 1ms from 2s: expect a leader within 1s",
            "1: what is looked at again and again has no deadline"
        ),
        ("first create user bob", "1: 'first' lines stand before all others"),
        (
            "network delay 1ms to 2ms",
            "1: 'network' lines stand right behind 'cluster'"
        ),
        ("at return of retry c1 heal", "14: no line above asks once to 'retry c1'"),
    ]

    @Test(arguments: errors)
    func `an error says where, what was expected and what stands there`(
        line: String, error: String
    ) {
        #expect(Self.failure(of: Self.head + line + "\nat 9s end\n") == "x.scenario:8:\(error)")
    }

    static let headErrors: [(text: String, error: String)] = [
        ("", "1:1: expected 'cluster' with the number of nodes and a seed"),
        (
            "at 1s heal\n",
            "1:1: expected 'cluster' with the number of nodes and a seed, found 'at'"
        ),
        (
            "cluster 3 nodes, seed 1\nat 1s end\n",
            "1:1: the file must begin with a comment that says what the scenario shows"
        ),
        (
            "# x\ncluster 8 nodes, seed 1\n",
            "2:9: expected a number of nodes, a whole number from 1 to 7, found '8'"
        ),
        ("# x\ncluster 3 nodes seed 1\n", "2:17: expected ',', found 'seed'"),
        (
            "# x\ncluster 3 nodes, seed x\n",
            "2:23: expected a seed, a whole number from 0 to 18446744073709551615, found 'x'"
        ),
        (
            "# x\ncluster 3 nodes, seed 1\nnetwork delay 2ms to 1ms\n",
            "3:22: the longest delay is below the shortest"
        ),
        (
            "# x\ncluster 3 nodes, seed 1\nsnapshot every 1 KiB of log\n",
            "3:16: expected a size, a whole number from 4 to 65536, found '1'"
        ),
        (
            "# x\ncluster 3 nodes, seed 1\nfirst heal\n",
            "3:7: expected a request's verb, found 'heal'; did you mean 'read'?"
        ),
        (
            "# x\ncluster 3 nodes, seed 1\nfirst create key K for alice\n",
            "3:24: expected a user, but no line before names one, found 'alice'"
        ),
        (
            "# x\ncluster 3 nodes, seed 1\nat 1s heal\n",
            "4:1: expected 'at … end' as the last line"
        ),
        (
            "# x\ncluster 3 nodes, seed 1\nat 1s end\nat 2s heal\n",
            "4:1: nothing may follow 'at … end'"
        ),
    ]

    @Test(arguments: headErrors)
    func `an error at the file's ends says so, too`(text: String, error: String) {
        #expect(Self.failure(of: text) == "x.scenario:\(error)")
    }

    static func failure(of text: String) -> String? {
        do throws(ScenarioError) {
            _ = try Scenario(text, file: "x.scenario")
            return nil
        } catch {
            return "\(error)"
        }
    }

    @Test func `no text makes the parser trap`() {
        var random = SeededGenerator(seed: 3)
        let words = Self.every.split(whereSeparator: \.isWhitespace)
        for _ in 0..<3_000 {
            var lines = Self.head
            for _ in 0..<random.below(12) {
                lines += words[Int(random.below(UInt64(words.count)))] + " "
            }
            _ = Self.failure(of: lines + "\nat 9s end")
            let cut = lines.prefix(Int(random.below(UInt64(lines.count))))
            _ = Self.failure(of: String(cut))
        }
    }

    @Test func `the nearest word is told by the fewest edits`() {
        #expect(NearestWord.edits(Array("".utf8), Array("abc".utf8)) == 3)
        #expect(NearestWord.edits(Array("kitten".utf8), Array("sitting".utf8)) == 3)
        #expect(NearestWord.edits(Array("vlaid".utf8), Array("valid".utf8)) == 1)
        #expect(NearestWord.among(["cut", "mend"], to: "men") == "mend")
        #expect(NearestWord.among(["cut", "mend"], to: "x") == nil)
    }
}
