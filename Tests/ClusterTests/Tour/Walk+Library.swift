import HTTP
import KeyclaveClient
import Testing

// What a Swift service does with the library.
extension Walk {
    func useLibrary(with key: IssuedKey) async throws {
        // Nobody listens at the first: the next one is asked.
        let silent = try SilentPort()
        defer { withExtendedLifetime(silent) {} }
        let ports = [silent.number] + cluster.nodes.map(\.httpPort)
        let nodes = ports.map { "http://127.0.0.1:\($0)" }
        let keyclave = try Keyclave(nodes: nodes)
        try await validate(key, keyclave)
        try await charge(key, keyclave)
        try await refuse(keyclave)
        let lost = await #expect(throws: ClientError.self) {
            try await Keyclave(nodes: [nodes[0]]).verify(key.text)
        }
        guard case .unreachable? = lost else {
            Issue.record("\(lost as Any)")
            return
        }
    }

    private func validate(_ key: IssuedKey, _ keyclave: Keyclave) async throws {
        let left = try balance().remaining
        for node in cluster.nodes {
            // A node that follows knows of a charge as soon as it has heard.
            try eventually("\(node.id) to know what is left") {
                let json = #"{"key": "\#(key.text)"}"#
                let answer = try node.send(Request("POST", "/v1/verify", json: json))
                return answer.json["credits"]?["remaining"]?.number == left
            }
        }
        let verdict = try await keyclave.verify(key.text, api: "rest")
        guard case .valid(let owner) = verdict else {
            Issue.record("\(verdict)")
            return
        }
        #expect(owner.key == key.id && owner.user == user && owner.account == tenant.account)
        #expect(owner.api == "rest" && owner.credits?.allowance == 1_000_000)
        #expect(owner.credits?.remaining == left.map { UInt64($0) })
        #expect(try await keyclave.verify(key.text, api: "batch") == .wrongAPI)
        let unknown = "kc_rest_" + String(repeating: "0", count: 36)
        #expect(try await keyclave.verify(unknown) == .invalid)
    }

    private func charge(_ key: IssuedKey, _ keyclave: Keyclave) async throws {
        let before = try #require(try balance().spent)
        let first = try await keyclave.charge(3, key: key.text, id: "order-1047")
        guard case .charged(var receipt) = first else {
            Issue.record("\(first)")
            return
        }
        #expect(receipt.charged == 3 && receipt.spent == UInt64(before) + 3 && !receipt.replayed)
        receipt.replayed = true
        #expect(
            try await keyclave.charge(3, key: key.text, id: "order-1047") == .charged(receipt))
        #expect(try balance().spent == before + 3)
        let left = 1_000_000 - UInt64(before) - 3
        #expect(
            try await keyclave.charge(left + 1, key: key.text)
                == .creditsExhausted(remaining: left))
        let conflict = await #expect(throws: ClientError.self) {
            try await keyclave.charge(4, key: key.text, id: "order-1047")
        }
        #expect(conflict?.problem?.code == "idempotency_conflict", "\(conflict as Any)")
        #expect(try balance().spent == before + 3)
    }

    private func refuse(_ keyclave: Keyclave) async throws {
        let operators = keyclave.administrator(token: cluster.operatorToken)
        let full = await #expect(throws: ClientError.self) {
            for _ in 0..<4 {
                let made = try await operators.createKey(
                    in: tenant.account, user: user, api: "rest", name: "k")
                note(try #require(made.text), opening: "rest")
            }
        }
        #expect(full?.problem?.status == 409 && full?.problem?.code == "active_key_limit")
        #expect(full?.problem?.members["limit"] == .number(3), "\(full as Any)")
    }
}

extension ClientError {
    fileprivate var problem: Problem? {
        if case .refused(let problem) = self { problem } else { nil }
    }
}
