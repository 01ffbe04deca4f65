import Foundation

/// A picture in the making: marks in drawing order, coordinates in points with y downwards.
struct SVGCanvas {
    /// Where text starts, or is centred, or ends.
    enum Anchor: String {
        case start, middle, end
    }

    let width: Double
    let height: Double
    private var marks: [String] = []

    /// Ink for text, axes and the quiet parts.
    static let ink = "#222222"
    static let quietInk = "#666666"
    static let gridInk = "#e4e4e4"

    init(width: Double, height: Double) {
        self.width = width
        self.height = height
    }

    mutating func line(
        _ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, stroke: String, width: Double = 1,
        dash: String? = nil
    ) {
        marks.append(
            "<line x1=\"\(n(x1))\" y1=\"\(n(y1))\" x2=\"\(n(x2))\" y2=\"\(n(y2))\" stroke=\"\(stroke)\" "
                + "stroke-width=\"\(n(width))\"\(dashed(dash))/>")
    }

    mutating func path(
        _ points: [(Double, Double)], stroke: String, width: Double = 1.5, dash: String? = nil,
        opacity: Double = 1
    ) {
        guard points.count > 1 else { return }
        let data = points.enumerated().map { "\($0 == 0 ? "M" : "L")\(n($1.0)) \(n($1.1))" }.joined(
            separator: " ")
        marks.append(
            "<path d=\"\(data)\" fill=\"none\" stroke=\"\(stroke)\" stroke-width=\"\(n(width))\" "
                + "stroke-linejoin=\"round\" stroke-linecap=\"round\"\(faded(opacity))\(dashed(dash))/>")
    }

    mutating func area(_ points: [(Double, Double)], fill: String, opacity: Double) {
        guard points.count > 2 else { return }
        let data = points.map { "\(n($0.0)),\(n($0.1))" }.joined(separator: " ")
        marks.append("<polygon points=\"\(data)\" fill=\"\(fill)\"\(faded(opacity))/>")
    }

    mutating func circle(
        _ x: Double, _ y: Double, radius: Double, fill: String, stroke: String = "none", opacity: Double = 1,
        width: Double = 1
    ) {
        marks.append(
            "<circle cx=\"\(n(x))\" cy=\"\(n(y))\" r=\"\(n(radius))\" fill=\"\(fill)\" stroke=\"\(stroke)\" "
                + "stroke-width=\"\(n(width))\"\(faded(opacity))/>")
    }

    mutating func diamond(_ x: Double, _ y: Double, radius: Double, fill: String, stroke: String) {
        marks.append(
            "<polygon points=\"\(n(x)),\(n(y - radius)) \(n(x + radius)),\(n(y)) \(n(x)),\(n(y + radius)) "
                + "\(n(x - radius)),\(n(y))\" fill=\"\(fill)\" stroke=\"\(stroke)\" stroke-width=\"1.5\"/>")
    }

    mutating func cross(_ x: Double, _ y: Double, radius: Double, stroke: String) {
        line(x - radius, y - radius, x + radius, y + radius, stroke: stroke, width: 1.4)
        line(x - radius, y + radius, x + radius, y - radius, stroke: stroke, width: 1.4)
    }

    mutating func rectangle(
        _ x: Double, _ y: Double, _ width: Double, _ height: Double, fill: String, stroke: String = "none"
    ) {
        marks.append(
            "<rect x=\"\(n(x))\" y=\"\(n(y))\" width=\"\(n(width))\" height=\"\(n(height))\" fill=\"\(fill)\" "
                + "stroke=\"\(stroke)\"/>")
    }

    mutating func text(
        _ text: String, _ x: Double, _ y: Double, size: Double = 12, anchor: Anchor = .start,
        fill: String = ink,
        bold: Bool = false, turned: Bool = false
    ) {
        let turn = turned ? " transform=\"rotate(-90 \(n(x)) \(n(y)))\"" : ""
        marks.append(
            "<text x=\"\(n(x))\" y=\"\(n(y))\" font-size=\"\(n(size))\" text-anchor=\"\(anchor.rawValue)\" "
                + "fill=\"\(fill)\"\(bold ? " font-weight=\"600\"" : "")\(turn)>\(Self.escape(text))</text>")
    }

    /// The file.
    func document(title: String) -> String {
        """
        <?xml version="1.0" encoding="UTF-8"?>
        <svg xmlns="http://www.w3.org/2000/svg" width="\(n(width))" height="\(n(height))" \
        viewBox="0 0 \(n(width)) \(n(height))" font-family="Helvetica, Arial, 'DejaVu Sans', sans-serif" role="img">
        <title>\(Self.escape(title))</title>
        <rect width="100%" height="100%" fill="#ffffff"/>
        \(marks.joined(separator: "\n"))
        </svg>

        """
    }

    /// About how wide a text is: digits and lower case are near 0.56 em in the fonts named.
    static func width(of text: String, size: Double) -> Double { 0.56 * size * Double(text.count) }

    private func n(_ value: Double) -> String {
        let text = String(format: "%.2f", value)
        let trimmed = text.replacing(/\.?0+$/, with: "")
        return trimmed == "-0" ? "0" : trimmed
    }

    private func dashed(_ dash: String?) -> String { dash.map { " stroke-dasharray=\"\($0)\"" } ?? "" }
    private func faded(_ opacity: Double) -> String { opacity < 1 ? " opacity=\"\(n(opacity))\"" : "" }

    private static func escape(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
    }
}
