import Basics
import Foundation

/// The same load as another program sees it.
struct Wrk {
    static let lack = "wrk is not measured: it is missing (Debian package wrk)"
    static var isThere: Bool { Tools.find("wrk") != nil }

    var perSecond: Double
    var errors: Int

    /// Nil if it isn't there.
    static func measure(
        _ url: String, connections: Int, seconds: Int, key: String?
    ) throws -> Wrk? {
        guard let program = Tools.find("wrk") else { return nil }
        var words = [program, "-t", "1", "-c", "\(connections)", "-d", "\(seconds)s"]
        if let key { words += ["-H", "Authorization: Bearer \(key)"] }
        let said = try Command.run(words + [url], within: .seconds(Int64(seconds) + 30))
        return try Wrk(report: said.output)
    }

    init(report text: String) throws(Trouble) {
        guard let rate = text.firstMatch(of: /Requests\/sec:\s+([0-9.]+)/).flatMap({ Double($0.1) })
        else { throw Trouble("wrk said \(text.end)") }
        perSecond = rate
        errors = text.firstMatch(of: /Non-2xx or 3xx responses: (\d+)/).flatMap { Int($0.1) } ?? 0
        if let line = text.firstMatch(of: /Socket errors: (.*)/) {
            errors += line.1.matches(of: /\d+/).compactMap { Int($0.0) }.reduce(0, +)
        }
    }
}
