import Foundation

/// `simulate seeds`
enum SeedsCommand {
    static func run(_ words: [String]) throws(UsageError) -> Int32 {
        var arguments = Arguments(words)
        let request = try RunRequest(
            verb: "seeds", &arguments, takesCount: true, usualCount: 1000, flags: ["--json"],
            values: ["--jobs"])
        var jobs = ProcessInfo.processInfo.activeProcessorCount
        if let word = request.own["--jobs"] {
            guard let number = Int(word), (1...256).contains(number) else {
                throw UsageError("--jobs takes a whole number from 1 to 256, not '\(word)'")
            }
            jobs = number
        }
        let campaign = Campaign(request, jobs: jobs, isJSON: request.own["--json"] != nil)
        return campaign.run()
    }
}
