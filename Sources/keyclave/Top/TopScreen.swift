import Glibc

/// A terminal that shows one picture after the other in the same place, and is left as it was.
///
/// It takes the terminal's second screen, so that what stood on the first comes back.
struct TopScreen {
    private let surroundings: Surroundings

    private static let enter = "\u{1B}[?1049h\u{1B}[?25l"
    private static let leave = "\u{1B}[?25h\u{1B}[?1049l"

    init(_ surroundings: Surroundings) throws(LocalError) {
        self.surroundings = surroundings
        try surroundings.print(TopScreen.enter)
    }

    /// Must be called, however the watching ends.
    func close() { try? surroundings.print(TopScreen.leave) }

    /// Over the last picture, line by line: clearing first would flicker.
    func show(_ text: String) throws(LocalError) {
        try surroundings.print(TopScreen.picture(of: text, TopScreen.size))
    }

    /// Lines that are too long or too many would move what is shown.
    static func picture(of text: String, _ size: (columns: Int, rows: Int)) -> String {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
            .prefix(max(1, size.rows - 1))
        return "\u{1B}[H" + lines.map { $0.prefix(size.columns) + "\u{1B}[K\r\n" }.joined()
            + "\u{1B}[J"
    }

    private static var size: (columns: Int, rows: Int) {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0,
            size.ws_row > 0
        else { return (80, 24) }
        return (Int(size.ws_col), Int(size.ws_row))
    }
}
