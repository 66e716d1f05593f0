import Basics
import Keyring

// Rotation and APIs.
extension ScenarioParser {
    mutating func parseRotation(
        _ words: inout ScenarioWords
    ) throws(ScenarioError) -> ScenarioRequest {
        let old = try names.refer(to: .key, &words)
        try words.expect("as")
        let new = try names.declare(.key, &words)
        guard words.take("with") else { return .rotate(old, as: new, grace: .zero) }
        let column = words.column
        let grace = try words.positiveTime("a time")
        guard grace.nanoseconds.isMultiple(of: 1_000_000_000),
            grace <= .seconds(Int64(Bounds.graceSeconds))
        else { throw words.error("a grace lasts whole seconds, 30 days at most", at: column) }
        try words.expect("grace")
        return .rotate(old, as: new, grace: grace)
    }

    /// Whether there is such an API is the state's to say.
    func parseSlug(_ words: inout ScenarioWords) throws(ScenarioError) -> API {
        guard let next = words.next, let api = API(slug: next) else {
            throw words.unexpected("an API (batch, rest, or 2 to 10 characters a-z0-9)")
        }
        words.skip()
        return api
    }
}
