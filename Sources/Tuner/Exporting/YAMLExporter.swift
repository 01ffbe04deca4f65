/// The document of the JSON export in YAML.
struct YAMLExporter: Exporter {
    let format = ExportFormat(
        name: "yaml", summary: "the same document in YAML; reals are read as reals by every reader",
        mediaType: "application/yaml", fileExtension: "yaml")

    func export(_ input: ExportInput) throws -> String { YAMLText.emit(ExportDocument.build(input)) }
}
