import Foundation

extension Route {
    /// Sweeps as a whole.
    static let sweepRoutes: [Route] = [
        Route(.get, "/v1/sweeps") { call in
            try .json(SweepPage(sweeps: try await call.operations.sweeps()))
        },
        Route(.post, "/v1/sweeps", permission: .submit, query: ["file", "directory"]) { call in
            let source = try sweepSource(call)
            if call.surroundings.isCommandSweep(source) {
                try call.policy.require(.submitCommand, of: call.request.peer)
            }
            let summary = try await call.operations.submit(source)
            var response = try APIResponse.json(summary)
            response.headers.append(.init("location", "/v1/sweeps/\(APIRequest.encode(summary.name))"))
            return response
        },
        Route(.get, "/v1/sweeps/{name}") { call in
            let summary = try await call.operations.summary(of: call.sweep)
            let (definition, source) = try await call.operations.definition(of: call.sweep)
            let probe = try await call.operations.probe(of: call.sweep)
            var detail = SweepDetail(
                summary: summary, definition: definition, source: source, probe: probe)
            detail.cost = try await call.operations.cost(of: call.sweep)
            return try .json(detail)
        },
        Route(.delete, "/v1/sweeps/{name}", permission: .manage) { call in
            try await call.operations.remove(call.sweep)
            return APIResponse(status: 204)
        },
        Route(.post, "/v1/sweeps/{name}/pause", permission: .manage) { call in
            try .json(try await call.operations.pause(call.sweep))
        },
        Route(.post, "/v1/sweeps/{name}/resume", permission: .manage) { call in
            try .json(try await call.operations.resume(call.sweep))
        },
        Route(.post, "/v1/sweeps/{name}/cancel", permission: .manage) { call in
            try .json(try await call.operations.cancel(call.sweep))
        },
    ]

    /// The posted sweep file. Its size was bounded before; a sweep file is at most 1 MiB.
    private static func sweepSource(_ call: RouteCall) throws -> SweepSource {
        guard !call.request.body.isEmpty else {
            throw TunerError(.usage, "the request has no body", help: "post the text of a sweep file")
        }
        let directory = call.query.text("directory") ?? "/"
        guard directory.hasPrefix("/") else {
            throw TunerError(
                .usage, "'\(directory)' is not a valid 'directory'",
                why: "relative paths of the sweep file are taken from it: it must be absolute")
        }
        return try SweepSource(
            bytes: call.request.body, file: call.query.text("file") ?? "sweep.yaml",
            directory: URL(fileURLWithPath: directory, isDirectory: true))
    }
}
