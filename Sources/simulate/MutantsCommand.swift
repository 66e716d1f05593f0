/// `simulate mutants`: one deliberate bug at a time in the nodes' real code, and which checker
/// finds it after how many seeds.
///
/// The bugs are compiled under `MUTANTS` only. A program without them builds one that has them,
/// beside its own build, and hands everything over to it.
enum MutantsCommand {
    static func run(_ arguments: [String]) throws(UsageError) -> Int32 {
        #if MUTANTS
        if arguments.first == "--child" { return MutantsChild.run(Array(arguments.dropFirst())) }
        let options = try MutantsOptions(arguments)
        try options.requireRows(among: MutantsExperiment.all.map(\.name))
        return MutantsCampaign(options).run()
        #else
        let options = try MutantsOptions(arguments)
        return try MutantsBuild.run(options, arguments)
        #endif
    }

    static let help = """
        simulate mutants: one deliberate bug at a time in the nodes' real code, and which checker
        catches it

        USAGE
          simulate mutants [--only NAME,NAME] [--seconds N] [--from N] [--jobs N] [--json]

          --only NAME,NAME  these rows of the table and no others
          --seconds N       of processor time for each (60)
          --from N          the first seed of each (1)
          --jobs N          how many at a time (1)
          --json            the table as a JSON list on the standard output

        A simulator that has never failed proves nothing. Each bug is one that somebody could have
        made: a vote that leaves before it is durable, a quorum one too small, a limit checked too
        early. They are compiled under a name of their own and are in no other program: the first
        time, this builds one from source, beside the ordinary build, which takes some minutes.
        Then runs of one seed after the other, with one bug switched on, until a checker objects.
        The controls must behave as well: a bug that changes nothing offends nobody, the loss of a
        majority's disks is excused, and clocks that drift three times as far as is allowed break a
        promise.

        Simulations/README.md has the table, with what each bug is. A row that isn't as it must be
        makes the exit code 1.

        EXAMPLE
          swift run -c release simulate mutants --seconds 30
        """
}
