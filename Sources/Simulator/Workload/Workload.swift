import Basics
import Keyring

/// What every run begins with.
enum Workload {
    static let genesisValue = genesis(lease: ClusterSettings.standard.leaseMilliseconds)
    static var genesis: [UInt8] { genesisValue.encode() }

    static func genesis(lease milliseconds: UInt32) -> Genesis {
        var settings = ClusterSettings.standard
        settings.leaseMilliseconds = milliseconds
        return Genesis(
            settings: settings, operatorToken: TokenID(1),
            operatorDigest: Population.operatorToken, operatorSuffix: suffix,
            time: World.wallStart)
    }

    /// The last characters of every key's text; of no account here.
    static var suffix: Suffix {
        guard let suffix = Suffix("abcd") else { preconditionFailure("four base-62 digits") }
        return suffix
    }
}
