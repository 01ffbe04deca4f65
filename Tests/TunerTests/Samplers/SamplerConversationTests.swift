import Foundation
import Testing

@testable import Tuner

@Suite("Samplers over lines of JSON")
struct SamplerConversationTests {
    private static let start =
        #"{"op":"init","space":[{"name":"x","type":"float","low":1e-4,"high":1,"log":true},{"name":"n","type":"int","low":1,"high":9},{"name":"k","type":"categorical","choices":["a",2,null,true]},{"name":"y","type":"float","low":0,"high":1,"when":{"name":"k","values":["a"]}}],"objectives":["loss"],"seed":1,"n":100}"#

    private func say(_ talk: inout SamplerConversation, _ line: String) throws -> JSONTree {
        let reply = talk.reply(to: Data(line.utf8))
        #expect(!reply.contains(UInt8(ascii: "\n")))
        return try JSONDecoder().decode(JSONTree.self, from: reply)
    }

    @Test(
        "init, ask, tell, quit; choices come back as they were; conditions hold",
        arguments: ["random", "tpe", "gp"])
    func talk(name: String) throws {
        var talk = try SamplerConversation(name)
        #expect(try say(&talk, Self.start) == ["ok": true])
        for number in 0..<20 {
            let asked = try say(&talk, #"{"op":"ask"}"#)
            #expect(asked["id"] == .integer(number))
            let params = try #require(asked["params"])
            #expect(["a", 2, .null, true].contains(params["k"]))
            #expect((params["y"] != nil) == (params["k"] == "a"))
            if case .integer(let n)? = params["n"] {
                #expect((1...9).contains(n))
            } else {
                Issue.record("n is not whole")
            }
            let value = ["1.5", "null", "NaN", "-Infinity", "3"][number % 5]
            #expect(
                try say(&talk, #"{"op":"tell","id":\#(number),"values":[\#(value)],"cost":1.0}"#) == [
                    "ok": true
                ])
        }
        #expect(!talk.isOver)
        #expect(try say(&talk, #"{"op":"quit"}"#) == ["ok": true])
        #expect(talk.isOver)
    }

    @Test(
        "what cannot be done is answered by an error and changes nothing",
        arguments: [
            "", "nonsense", "[]", #"{"op":"dance"}"#, #"{"op":"tell","id":7,"values":[1]}"#,
            #"{"op":"tell","id":0}"#, #"{"op":"tell","id":0,"values":1}"#,
            #"{"op":"tell","id":0,"values":[1,2]}"#,
            #"{"op":"tell","id":0,"values":["NaN"]}"#, #"{"op":"tell","values":[1]}"#,
            #"{"op":"init","space":[]}"#,
            #"{"op":"init","space":[{"name":"x","type":"real","low":0,"high":1}]}"#,
            #"{"op":"init","space":[{"name":"x","type":"float","low":2,"high":1}]}"#,
            #"{"op":"init","space":[{"name":"x","type":"categorical","choices":[1,1]}]}"#,
            #"{"op":"init","space":[{"name":"x","type":"float","low":0,"high":1}],"objectives":[]}"#,
            #"{"op":"init","space":[{"name":"x","type":"float","low":0,"high":1}],"n":0}"#,
        ])
    func errors(line: String) throws {
        var talk = try SamplerConversation("sobol")
        #expect(try say(&talk, #"{"op":"ask"}"#)["error"] != nil)
        #expect(try say(&talk, Self.start) == ["ok": true])
        _ = try say(&talk, #"{"op":"ask"}"#)
        let answer = try say(&talk, line)
        #expect(answer["error"] != nil)
        #expect(try say(&talk, #"{"op":"tell","id":0,"values":[1]}"#) == ["ok": true])
        #expect(try say(&talk, #"{"op":"tell","id":0,"values":[1]}"#)["error"] != nil)
    }

    @Test("a grid that is used up says so")
    func gridEnds() throws {
        var talk = try SamplerConversation("grid")
        _ = try say(
            &talk, #"{"op":"init","space":[{"name":"k","type":"categorical","choices":["a","b","c"]}]}"#)
        let seen = try (0..<3).map { _ in try say(&talk, #"{"op":"ask"}"#)["params"]?["k"] }
        #expect(Set(seen).count == 3)
        #expect(try say(&talk, #"{"op":"ask"}"#)["error"] != nil)
    }
}
