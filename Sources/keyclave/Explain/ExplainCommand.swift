extension Command {
    static let explain = Command(
        name: "explain",
        summary: "tell who made a key, every change of it, and what it may do now and why",
        notes: [
            "The key is named by its id, or by its text, which isn't sent: its digest is enough. "
                + "A text on the command line can be seen by others on this machine; - reads it "
                + "from standard input.",
            "Changes come from the audit trail: those of the key itself, of its user, its account "
                + "and its limit, oldest first. Members may not read that, and see the rest.",
        ],
        arguments: [
            Argument(name: "key", meaning: "key (key_…), its text, or - to read that")
        ],
        example: "keyclave explain key_0000000001C",
        requests: ["POST /v1/keys/find"],
        action: .run { try ExplainRun($0, $1).run() })
}
