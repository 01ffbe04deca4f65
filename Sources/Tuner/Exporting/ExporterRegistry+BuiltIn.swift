extension ExporterRegistry {
    /// Every exporter of the program: adding one is a file and a line here.
    public static let builtIn: [any Exporter] = [
        JSONExporter(), YAMLExporter(), CSVExporter(), PythonExporter(), LaTeXExporter(),
        LawPictureExporter(), OptimaPictureExporter(), ParetoPictureExporter(), PageExporter(),
    ]
}
