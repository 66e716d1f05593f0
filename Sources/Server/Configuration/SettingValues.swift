import Basics
import HTTP
import Linux

/// The values of a configuration file, each read by the row of its setting; defaults come from the
/// same row, so that what is documented is what is done.
struct SettingValues {
    var members: [JSONValue.Member]
    /// Where relative paths start.
    var directory: String

    private func setting(_ name: String) -> NodeSetting {
        guard let setting = NodeSetting.all.first(where: { $0.name == name }) else {
            preconditionFailure("\(name) isn't in the table of settings")
        }
        return setting
    }

    /// What the file gives, or the default; nil if there is neither.
    private func value(_ name: String) throws(ConfigurationError) -> JSONValue? {
        if let member = members.first(where: { $0.name == name }) { return member.value }
        guard let standard = setting(name).standard else { return nil }
        guard let value = try? JSONValue(Array(standard.utf8)) else {
            preconditionFailure("the default of \(name) isn't JSON")
        }
        return value
    }

    func required<Value>(
        _ value: Value?, _ name: String
    ) throws(ConfigurationError) -> Value {
        guard let value else { throw ConfigurationError(setting: name, reason: "is missing") }
        return value
    }

    func node(_ name: String) throws(ConfigurationError) -> NodeID {
        try SettingValues.node(try required(try value(name), name), name)
    }

    private static func node(
        _ value: JSONValue, _ name: String
    ) throws(ConfigurationError) -> NodeID {
        guard let text = value.string, let id = NodeID(text: text) else {
            throw ConfigurationError(setting: name, reason: "must be a node id like \"n1\"")
        }
        return id
    }

    /// An absolute path without `.` and `..` at its start; nil if the setting is absent.
    func path(_ name: String) throws(ConfigurationError) -> String? {
        guard let value = try value(name) else { return nil }
        guard let text = value.string, !text.isEmpty, !text.utf8.contains(0) else {
            throw ConfigurationError(setting: name, reason: "must be a path")
        }
        return text.hasPrefix("/") ? text : directory + "/" + text
    }

    func address(_ name: String) throws(ConfigurationError) -> HostPort {
        try SettingValues.address(try required(try value(name), name), name)
    }

    private static func address(
        _ value: JSONValue, _ name: String
    ) throws(ConfigurationError) -> HostPort {
        guard let text = value.string, let address = HostPort(text), address.port > 0 else {
            throw ConfigurationError(
                setting: name, reason: "must be host:port, as in \"127.0.0.1:7101\"")
        }
        return address
    }

    func number(_ name: String) throws(ConfigurationError) -> Int {
        guard case .number(let range) = setting(name).form else {
            preconditionFailure("\(name) isn't a number")
        }
        let value = try required(try value(name), name)
        guard let number = value.number, let small = Int64(exactly: number), range.contains(small)
        else {
            throw ConfigurationError(
                setting: name,
                reason: "must be a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return Int(small)
    }

    func milliseconds(_ name: String) throws(ConfigurationError) -> Duration {
        .milliseconds(Int64(try number(name)))
    }

    func choice(_ name: String) throws(ConfigurationError) -> String {
        guard case .choice(let choices) = setting(name).form else {
            preconditionFailure("\(name) isn't a choice")
        }
        let value = try required(try value(name), name)
        guard let text = value.string, choices.contains(text) else {
            let list = choices.map { "\"\($0)\"" }.joined(separator: ", ")
            throw ConfigurationError(setting: name, reason: "must be one of \(list)")
        }
        return text
    }

    func flag(_ name: String) throws(ConfigurationError) -> Bool {
        guard let flag = try required(try value(name), name).bool else {
            throw ConfigurationError(setting: name, reason: "must be true or false")
        }
        return flag
    }

    /// At least one, in the order of their ids; ids and addresses are all different.
    func members(_ name: String) throws(ConfigurationError) -> [NodeConfiguration.Member] {
        let value = try required(try value(name), name)
        guard let items = value.array, (1...64).contains(items.count) else {
            throw ConfigurationError(
                setting: name,
                reason: "must be a list of 1 to 64 objects with \"id\", \"peer\" and \"http\"")
        }
        var members: [NodeConfiguration.Member] = []
        for (position, item) in items.enumerated() {
            let place = "\(name)[\(position)]"
            let member = try SettingValues.member(item, place)
            for other in members {
                guard other.id != member.id else {
                    throw ConfigurationError(setting: "\(place).id", reason: "is there already")
                }
                guard other.peer != member.peer else {
                    throw ConfigurationError(setting: "\(place).peer", reason: "is there already")
                }
            }
            members.append(member)
        }
        return members.sorted { $0.id < $1.id }
    }

    private static func member(
        _ item: JSONValue, _ place: String
    ) throws(ConfigurationError) -> NodeConfiguration.Member {
        guard let fields = item.members else {
            throw ConfigurationError(setting: place, reason: "must be an object")
        }
        for field in fields where !NodeSetting.memberNames.contains(field.name) {
            throw ConfigurationError(
                setting: "\(place).\(field.name)", reason: "isn't a setting of a member")
        }
        for name in NodeSetting.memberNames where item[name] == nil {
            throw ConfigurationError(setting: "\(place).\(name)", reason: "is missing")
        }
        return NodeConfiguration.Member(
            id: try node(item["id"] ?? .null, "\(place).id"),
            peer: try address(item["peer"] ?? .null, "\(place).peer"),
            http: try address(item["http"] ?? .null, "\(place).http"))
    }
}
