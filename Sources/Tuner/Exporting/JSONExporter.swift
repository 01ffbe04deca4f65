import Foundation

/// Everything of a sweep as one JSON document, schema `tunerd-law-1`.
struct JSONExporter: Exporter {
    let format = ExportFormat(
        name: "json", summary: "law, recommendations, trials and Pareto front, schema tunerd-law-1",
        mediaType: "application/json", fileExtension: "json")

    func export(_ input: ExportInput) throws -> String {
        let data = try APICoding.encoder(pretty: true).encode(ExportDocument.build(input))
        return String(decoding: data, as: UTF8.self) + "\n"
    }
}
