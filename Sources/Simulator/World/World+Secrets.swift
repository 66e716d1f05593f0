import Basics
import Replica

// The operator changes the cluster secret: three times round all machines, one step a second,
// whatever state they are in. A node that is down finds its changed file when it starts.
extension World {
    private static let newSecret = Array("the simulated cluster's next secret".utf8)
    private static let secretPause = Duration.seconds(1)

    /// Two nodes always share a secret that one presents and the other accepts, unless one stands
    /// still meanwhile.
    private static let secretRounds = [
        [secret, newSecret], [newSecret, secret], [newSecret],
    ]

    func startSecretChange() {
        guard options.changesSecret else { return }
        schedule(.secretStep(0), after: .seconds(5))
    }

    func changeSecret(_ number: Int) throws(Violation) {
        let (round, place) = number.quotientAndRemainder(dividingBy: machines.count)
        guard round < Self.secretRounds.count else { return }
        schedule(.secretStep(number + 1), after: Self.secretPause)
        let machine = machines[place]
        machine.secrets = Self.secretRounds[round]
        guard machine.isUp else { return }
        let input = NodeInput.secretsChanged(machine.secrets)
        try give(input, to: machine, .input(machine.id, life: machine.life, input))
    }
}
