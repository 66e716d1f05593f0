import HTTP

/// Reads what an answer must say.
struct AnswerMembers {
    let value: JSONValue?
    /// What it should be, for whoever is told that it isn't.
    let name: String

    init(_ value: JSONValue?, of name: String) {
        self.value = value
        self.name = name
    }

    func number(_ member: String) throws(ClientError) -> UInt64 {
        guard let number = value?[member]?.number else { throw missing(member) }
        return number
    }

    func text(_ member: String) throws(ClientError) -> String {
        guard let text = value?[member]?.string else { throw missing(member) }
        return text
    }

    /// One of the words that `Word` knows.
    func word<Word: RawRepresentable<String>>(
        _ member: String, as _: Word.Type = Word.self
    ) throws(ClientError) -> Word {
        let text = try text(member)
        guard let word = Word(rawValue: text) else {
            throw .malformedAnswer("\(name) with an unknown \(member), \(text)")
        }
        return word
    }

    func array(_ member: String) throws(ClientError) -> [JSONValue] {
        guard let array = value?[member]?.array else { throw missing(member) }
        return array
    }

    private func missing(_ member: String) -> ClientError {
        .malformedAnswer("\(name) without its \(member)")
    }
}
