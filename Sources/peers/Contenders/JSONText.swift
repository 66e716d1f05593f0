import Foundation

/// JSON as the programs that are run here say it: names in snake case.
enum JSONText {
    static func value<Value: Decodable>(
        _ type: Value.Type, in text: String
    ) throws(Trouble) -> Value {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        do {
            return try decoder.decode(type, from: Data(text.utf8))
        } catch {
            throw Trouble("\(text.end) isn't what was expected: \(error)")
        }
    }

    static func text(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self) + "\n"
    }
}
