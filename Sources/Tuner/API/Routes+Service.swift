import Foundation

extension Route {
    /// The daemon itself: health, load, what it can name, what happened.
    static let serviceRoutes: [Route] = [
        Route(.get, "/v1/health") { call in
            try .json(HealthRecord(try await call.operations.status()))
        },
        Route(.get, "/v1/status") { call in
            try .json(try await call.operations.status())
        },
        Route(.get, "/v1/plugins") { call in
            try .json(call.surroundings.plugins)
        },
        Route(.get, "/v1/metrics") { call in
            let status = try await call.operations.status()
            let sweeps = try await call.operations.sweeps()
            return .text(MetricsText.render(status: status, sweeps: sweeps), type: MetricsText.mediaType)
        },
        Route(.get, "/v1/events", query: ["after", "limit", "wait", "follow"]) { call in
            try await EventPages(call).response()
        },
        Route(.get, "/v1/openapi.json") { call in
            try .json(OpenAPIDocument.build(version: call.surroundings.version))
        },
    ]
}
