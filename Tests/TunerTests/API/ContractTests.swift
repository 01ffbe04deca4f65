import Foundation
import Testing

@testable import Tuner

@Suite struct ContractTests {
    @Test func routesAndContractAreTheSame() {
        func key(_ method: String, _ path: String, _ query: [String]) -> String {
            "\(method.lowercased()) \(path) \(query.sorted().joined(separator: ","))"
        }
        let routes = Set(Route.all.map { key($0.method.rawValue, $0.pattern, $0.query) })
        let contract = Set(OpenAPIDocument.operations.map { key($0.method, $0.path, $0.query.map(\.name)) })
        #expect(routes == contract)
        #expect(OpenAPIDocument.operations.count == Route.all.count)
    }

    @Test func everySchemaNamedExists() throws {
        for operation in OpenAPIDocument.operations {
            if let schema = operation.schema { #expect(OpenAPIDocument.schemas[schema] != nil, "\(schema)") }
        }
        let text = String(
            decoding: try APICoding.encoder().encode(OpenAPIDocument.build(version: "1")), as: UTF8.self)
        for match in text.matches(of: /#\/components\/schemas\/(\w+)/) {
            #expect(OpenAPIDocument.schemas[String(match.1)] != nil, "\(match.1)")
        }
    }

    @Test func operationNamesAreUnique() {
        #expect(Set(OpenAPIDocument.operations.map(\.id)).count == OpenAPIDocument.operations.count)
    }

    /// What the answers hold is what the contract promises: every required field is there, no field is unnamed.
    @Test(arguments: [
        "/v1/health", "/v1/status", "/v1/sweeps", "/v1/sweeps/first", "/v1/sweeps/first/trials",
        "/v1/sweeps/first/trials/3", "/v1/sweeps/first/pareto", "/v1/sweeps/first/law",
        "/v1/sweeps/first/recommendation", "/v1/sweeps/first/trials/3/observations", "/v1/plugins",
    ])
    func answersFitTheirSchema(target: String) async throws {
        let harness = RouterHarness()
        let answer = try await harness.tree(await harness.send("GET", target))
        let path = APIRequest(method: "GET", target: target, peer: RouterHarness.owner).path
        let route = try #require(Route.all.first { $0.method == .get && $0.match(path) != nil })
        let operation = try #require(
            OpenAPIDocument.operations.first { $0.path == route.pattern && $0.method == "get" })
        let schema = try #require(OpenAPIDocument.schemas[operation.schema ?? ""])
        check(answer, against: schema, at: target)
    }

    private func check(_ value: JSONTree, against schema: JSONTree, at place: String) {
        if case .text(let reference)? = schema["$ref"] {
            let name = String(reference.split(separator: "/").last ?? "")
            return check(value, against: OpenAPIDocument.schemas[name] ?? .null, at: place)
        }
        if case .object(let members) = value, case .object(let properties)? = schema["properties"] {
            if case .list(let required)? = schema["required"] {
                for case .text(let name) in required {
                    #expect(members[name] != nil, "\(place) lacks \(name)")
                }
            }
            for (name, member) in members {
                guard let inner = properties[name] else {
                    Issue.record("\(place) has '\(name)', which the contract does not name")
                    continue
                }
                check(member, against: inner, at: "\(place).\(name)")
            }
        } else if case .object(let members) = value, let inner = schema["additionalProperties"] {
            for (name, member) in members { check(member, against: inner, at: "\(place).\(name)") }
        } else if case .list(let items) = value, let inner = schema["items"] {
            for item in items { check(item, against: inner, at: "\(place)[]") }
        }
    }
}
