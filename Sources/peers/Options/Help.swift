/// What `--help` says.
enum Help {
    static var text: String {
        """
        bench-peers – measure this project beside others on this machine, and show one table

        What isn't installed is named and left out. Without options it takes half an hour: let the
        machine do nothing else meanwhile.

        USAGE
          Cluster/bench-peers [OPTIONS]

        OPTIONS
        \(columns(Option.all.map { (spelling(of: $0), $0.meaning) }))

        ROWS
        \(columns(RowName.allCases.map { ($0.rawValue, $0.meaning) }))

        ENVIRONMENT
          KEYCLAVE_PROGRAM  the program to measure, instead of the one that is built

        EXAMPLE
          Cluster/bench-peers --rows charge --clients 64 --seconds 5 --times 1

        """
    }

    private static func spelling(of option: Option) -> String {
        "--" + option.name + (option.placeholder.map { " " + $0 } ?? "")
    }

    private static func columns(_ rows: [(String, String)]) -> String {
        let width = rows.map(\.0.count).max() ?? 0
        return rows.map { "  " + $0.padded(to: width) + "  " + $1 }.joined(separator: "\n")
    }
}
