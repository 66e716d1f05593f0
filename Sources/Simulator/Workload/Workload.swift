import Basics
import Keyring

/// What every run begins with.
enum Workload {
    static let genesisValue = Genesis(
        settings: .standard, operatorToken: TokenID(1), operatorDigest: Population.operatorToken,
        operatorSuffix: suffix, time: World.wallStart)
    static var genesis: [UInt8] { genesisValue.encode() }
    /// The last characters of every key's text; of no account here.
    static var suffix: Suffix {
        guard let suffix = Suffix("abcd") else { preconditionFailure("four base-62 digits") }
        return suffix
    }
}
