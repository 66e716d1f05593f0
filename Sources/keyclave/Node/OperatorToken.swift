import Basics
import Keyring
import Linux

/// The first operator token: made once, kept in a file of the operator's, given to `format` for
/// every node.
struct OperatorToken {
    let text: String

    /// Reads the file, or makes it with a new token if it isn't there.
    init(file path: String) throws {
        if let made = try OperatorToken.make(at: path) {
            text = made
            return
        }
        text = try Session.secret(inFile: path)
        guard OperatorToken.isOne(text) else {
            throw LocalError(message: "\(path) holds no operator token (kct_operator_…)")
        }
    }

    /// Nil if there is such a file.
    private static func make(at path: String) throws(SystemError) -> String? {
        let (directory, name) = Path.split(path)
        let place = try Directory(at: directory)
        guard try !place.names().contains(name) else { return nil }
        let text = draw()
        var file = try DraftFile(name, in: place)
        try file.write(Array((text + "\n").utf8))
        // Else another run made one meanwhile: that one it is.
        return try file.finishIfFree() ? text : nil
    }

    static func draw() -> String {
        let random = Entropy.bytes(KeyText.randomBytesWanted)
        guard let token = KeyText(role: .operator, random: random) else {
            preconditionFailure("96 random bytes yield 30 digits")
        }
        return token.secret
    }

    static func isOne(_ text: String) -> Bool {
        KeyText.role(ofToken: Array(text.utf8).span.bytes) == .operator
    }
}
