/// The contract of the socket, OpenAPI 3.1: `GET /v1/openapi.json`.
///
/// Maintained by hand beside the routes; a test compares methods, paths and query parameters of the two.
enum OpenAPIDocument {
    /// One operation of the contract.
    struct Operation: Sendable {
        var method: String
        var path: String
        var id: String
        var summary: String
        var query: [Parameter] = []
        var requestType: String?
        /// Schema of the request's body; `nil`: text.
        var requestSchema: String?
        var responseType = "application/json"
        var schema: String?
        var successStatus = "200"
        var refusals: [ErrorCode] = []
    }

    /// A query parameter.
    struct Parameter: Sendable {
        var name: String
        var summary: String
        var schema: JSONTree
        var required = false
    }

    static func build(version: String) -> JSONTree {
        var paths: [String: JSONTree] = [:]
        for operation in operations {
            var item: [String: JSONTree] = [:]
            if case .object(let present)? = paths[operation.path] { item = present }
            item[operation.method] = describe(operation)
            paths[operation.path] = .object(item)
        }
        return [
            "openapi": "3.1.0",
            "info": [
                "title": "tunerd", "version": .text(version),
                "description": """
                HTTP/1.1 on a Unix socket. Readers ignore unknown fields. Counts in queries accept the suffixes \
                k M B T (powers of 1000) and Ki Mi Gi (powers of 1024). Requests with Origin, Referer or a \
                foreign Host are refused.
                """,
            ],
            "servers": [["url": "http://localhost", "description": "over the Unix socket"]],
            "paths": .object(paths),
            "components": ["schemas": .object(schemas)],
        ]
    }

    private static func describe(_ operation: Operation) -> JSONTree {
        var parameters: [JSONTree] = operation.path.split(separator: "/").filter { $0.hasPrefix("{") }.map {
            segment in
            let name = String(segment.dropFirst().dropLast())
            return [
                "name": .text(name), "in": "path", "required": true,
                "schema": name == "number" ? ["type": "integer", "minimum": 1] : ["type": "string"],
            ]
        }
        parameters += operation.query.map { parameter in
            [
                "name": .text(parameter.name), "in": "query", "required": .flag(parameter.required),
                "description": .text(parameter.summary), "schema": parameter.schema,
            ]
        }
        var success: [String: JSONTree] = ["description": "Done."]
        if operation.successStatus != "204" {
            let schema: JSONTree =
                operation.schema.map { ["$ref": .text("#/components/schemas/\($0)")] } ?? ["type": "string"]
            success["content"] = .object([operation.responseType: ["schema": schema]])
        }
        var responses: [String: JSONTree] = [operation.successStatus: .object(success)]
        let refusals = Set(operation.refusals + [.usage, .notPermitted, .internalError])
        for status in Set(refusals.map(\.httpStatus)) {
            let codes = refusals.filter { $0.httpStatus == status }.map(\.rawValue).sorted()
            responses["\(status)"] = [
                "description": .text("Problem with code \(codes.joined(separator: " or "))."),
                "content": .object([
                    ProblemDocument.mediaType: ["schema": ["$ref": "#/components/schemas/Problem"]]
                ]),
            ]
        }
        var description: [String: JSONTree] = [
            "operationId": .text(operation.id), "summary": .text(operation.summary),
            "responses": .object(responses),
        ]
        if !parameters.isEmpty { description["parameters"] = .list(parameters) }
        if let type = operation.requestType {
            description["requestBody"] = [
                "required": true,
                "content": .object([
                    type: [
                        "schema": operation.requestSchema.map {
                            ["$ref": .text("#/components/schemas/\($0)")]
                        }
                            ?? ["type": "string"]
                    ]
                ]),
            ]
        }
        return .object(description)
    }
}
