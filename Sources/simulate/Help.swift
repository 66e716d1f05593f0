import Simulator

/// What `--help` says, of the program and of each verb.
enum Help {
    static let program = """
        simulate: real Keyclave nodes in one thread of virtual time, broken on purpose

        USAGE
          simulate run SCENARIO.scenario ...   what a script says, checked
          simulate seeds                       many runs, each drawn from its own seed
          simulate replay SEED                 one run, told line by line, or drawn as a page
          simulate shrink SEED                 the smallest plan of faults that fails alike
          simulate cuts                        all 64 ways to cut three nodes apart
          simulate hashes                      the hashes of runs, to compare two builds
          simulate mutants                     planted bugs, and which checker catches each
          simulate VERB --help                 more about one of them

        EXAMPLE
          swift run -c release simulate seeds --count 10000

        \(exitCodes)
        """

    static let exitCodes = """
        EXIT CODES
          0 passed · 1 safety violated · 2 liveness violated · 3 a crash (a trap)
          4 excused · 5 a campaign that never saw some fault or operation · 64 bad usage
        """

    static let options = """
        OPTIONS OF A RUN, on top of what the seed draws; times are like 300ms, 2s, 1m
          --nodes N --clients N            how many
          --workload MIX                   what clients ask for most: mixed, reading,
                                           administering, spending
          --safety T --liveness T          how long faults strike; how long to come to rest
          --longest-pause T                between two errands of a client
          --only KIND,KIND --only none     no other faults than these; no faults
          --all                            every kind, even if the seed switches some off
          --no-KIND                        none of this kind
          --KIND T                         one about every T; the kinds are
        \(kinds)
          --drift-bound N                  clocks drift within so many parts in a million
          --damaged N                      how many machines' disks may be damaged
          --broken nX                      the node that is never healed; or none
          --delay T..T --stragglers N      of a delivery; so many of a thousand take far longer
          --resets N                       so many deliveries of a thousand break the connection
          --link-capacity N                bytes that may wait on a link before it breaks
          --disk-delay T..T --disk-stalls N  the same of a disk
          --lease T --lease-changes on|off  how long leases last at first, 0s for none; whether
                                           clients change that
          --secret-change on|off           whether the cluster secret is changed meanwhile
          --requests singly|together       whether each reaches a node as an input of its own, or
                                           those of some milliseconds as one
          --snapshot-bytes N               of log between two snapshots
          --frames authentic|checksums     the codes of frames: the server's, or cheap ones
        """

    /// The kinds of faults, in lines of a few.
    private static let kinds: String = {
        var lines = [""]
        for kind in FaultKind.allCases {
            if lines[lines.count - 1].count + kind.word.count > 60 { lines.append("") }
            lines[lines.count - 1] += (lines[lines.count - 1].isEmpty ? "" : " ") + kind.word
        }
        return lines.map { "            \($0)" }.joined(separator: "\n")
    }()

    static let seeds = """
        simulate seeds: many runs, each drawn from its own seed

        USAGE
          simulate seeds [--from N] [--count N] [--jobs N] [--json] [options of a run]

          --from N     the first seed (1)
          --count N    how many (1000)
          --jobs N     how many at a time (the machine's cores)
          --json       the account as one JSON object on the standard output

        Each seed runs in a child process, so that a trap ends one run and not the campaign. At
        the end stands what the runs saw: a campaign of 500 seeds or more in which some kind of
        fault or operation never occurred proves too little, and isn't green.

        EXAMPLE
          simulate seeds --from 1 --count 2000 --jobs 2 --no-rot --cut 3s

        \(options)

        \(exitCodes)
        """

    static let replay = """
        simulate replay: one run, told line by line

        USAGE
          simulate replay SEED [--sent] [--quiet] [--html FILE] [options of a run]

          --sent       every message as well, with what it says
          --quiet      only how it ended
          --html FILE  the run as a page to look at, all in one file
          --plan LIST  only these faults of the plan, by number; 7=150ms shortens one
          --shorten T  faults end at T; the plan is drawn as if they didn't

        EXAMPLE
          simulate replay 42 --html 42.html

        \(options)

        \(exitCodes)
        """

    static let shrink = """
        simulate shrink: the smallest plan of faults under which a seed still breaks the same law

        USAGE
          simulate shrink SEED [--runs N] [options of a run]

          --runs N     at most so many runs (500)

        Drops faults by delta debugging, then ends them earlier, takes clients away and shortens
        what is left; prints the plan as a scenario would write it, and the command that runs it.
        The exit code is that of the failure; 0 if the seed doesn't fail.

        EXAMPLE
          simulate shrink 42

        \(options)

        \(exitCodes)
        """

    static let hashes = """
        simulate hashes: the hashes of runs, to compare two builds or two machines

        USAGE
          simulate hashes [--from N] [--count N] [options of a run]
          simulate hashes --compare FILE [options of a run]

          --from N        the first seed (1)
          --count N       how many (10)
          --compare FILE  run the seeds of an earlier output, tell where runs part; exit code 1

        A line for each seed: its final hash, its number of events, and the hash as it was at each
        second of virtual time.

        EXAMPLE
          simulate hashes --count 100 > debug.txt; simulate hashes --compare debug.txt

        \(options)
        """
}
