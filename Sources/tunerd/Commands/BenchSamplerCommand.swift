import ArgumentParser
import Foundation
import Tuner

struct BenchSamplerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench-sampler",
        abstract: "Ask a sampler for points over lines of JSON, for benchmarks.",
        discussion: """
            Reads one JSON object a line from standard input and answers each with one line. All objectives are \
            minimised; null or NaN among the values is a failed trial.

              {"op":"init","space":[AXIS,...],"objectives":["loss"],"seed":1,"n":100}
              {"op":"ask"}                                    {"id":0,"params":{"x":0.3}}
              {"op":"tell","id":0,"values":[1.2],"cost":1.0}  {"ok":true}
              {"op":"quit"}                                   {"ok":true}

            An axis is {"name":"x","type":"float","low":0,"high":1,"log":false}; the type may also be int, or \
            categorical with "choices". What cannot be done is answered by {"error":"..."}.

              echo '{"op":"ask"}' | tunerd bench-sampler tpe

            \(samplers)
            """)

    /// The samplers with what they are, in columns.
    private static var samplers: String {
        SamplerRegistry.all.map {
            "  \($0.name.padding(toLength: 13, withPad: " ", startingAt: 0))\($0.summary)"
        }
        .joined(separator: "\n")
    }

    @Argument(help: "Sampler.") var name: String

    func run() async throws {
        var conversation = try SamplerConversation(name)
        while !conversation.isOver, let line = readLine(strippingNewline: true) {
            try Output.write(conversation.reply(to: Data(line.utf8)) + Data("\n".utf8))
        }
    }
}
