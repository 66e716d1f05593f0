import Foundation

exit(PeersCommand.run(Array(CommandLine.arguments.dropFirst())))
