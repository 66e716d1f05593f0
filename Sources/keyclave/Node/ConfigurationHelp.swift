import Server

/// `keyclave help configuration`: the table of a node's settings.
enum ConfigurationHelp {
    static var text: String {
        """
        keyclave help configuration – the configuration file of a node

        One JSON object. Settings that aren't known are refused, so that a misspelt one is found
        at once. What all nodes must agree about (caps, windows, bounds, leases) can't stand here:
        it is replicated, and “keyclave settings” shows and changes it.

        SETTINGS
        \(settings)

        EXAMPLE
        \(example)

        """
    }

    static var settings: String {
        NodeSetting.all.map { setting in
            var kind = setting.formText
            if setting.isRequired { kind += "; required" }
            if let standard = setting.standard { kind += "; default: \(standard)" }
            let meaning = Help.wrap(setting.meaning, indent: 6)
            return "  \(setting.name)  (\(kind))\n      \(meaning)"
        }.joined(separator: "\n")
    }

    /// A file that is accepted as it stands.
    static let example = """
        {
          "node": "n1",
          "data_directory": "/var/lib/keyclave",
          "cluster_secret_file": "/etc/keyclave/cluster.secret",
          "http_listen": "127.0.0.1:7101",
          "peer_listen": "10.0.0.1:7201",
          "members": [
            {"id": "n1", "peer": "10.0.0.1:7201", "http": "10.0.0.1:7101"},
            {"id": "n2", "peer": "10.0.0.2:7201", "http": "10.0.0.2:7101"},
            {"id": "n3", "peer": "10.0.0.3:7201", "http": "10.0.0.3:7101"}
          ]
        }
        """
}
