import Replica

/// What is known of cluster secrets beside the secrets.
public enum ClusterSecret {
    /// Bytes. Shorter ones could be guessed from one recorded handshake.
    public static let lengths = 16...1024

    /// Tells one secret from another without telling what it is; as `/v1/cluster` shows it.
    public static func fingerprint(of secret: [UInt8]) -> String {
        SecretFingerprint(of: secret).description
    }
}
