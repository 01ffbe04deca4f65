import Foundation

/// The frame of a picture with two logarithmic axes: grid, ticks, labels, title, and room for a legend at the right.
struct PlotFrame {
    static let width = 760.0
    static let height = 470.0
    static let left = 74.0
    static let right = 560.0
    static let top = 58.0
    static let bottom = 408.0

    let x: LogAxisScale
    let y: LogAxisScale
    /// Upper and lower edge.
    let top: Double
    let bottom: Double

    /// A sample in the legend and what it stands for; it is drawn around a point.
    typealias LegendEntry = (text: String, draw: (inout SVGCanvas, Double, Double) -> Void)

    init(
        x: ClosedRange<Double>, y: ClosedRange<Double>, top: Double = Self.top, bottom: Double = Self.bottom
    ) {
        self.x = LogAxisScale(x, from: Self.left, to: Self.right)
        self.y = LogAxisScale(y, from: bottom, to: top)
        self.top = top
        self.bottom = bottom
    }

    /// A canvas with everything but the data.
    func canvas(
        title: String, subtitle: String, xTitle: String, yTitle: String, xLabel: (Double) -> String,
        yLabel: (Double) -> String
    ) -> SVGCanvas {
        var canvas = Self.canvas(title: title, subtitle: subtitle, height: Self.height)
        axes(xTitle: xTitle, yTitle: yTitle, xLabel: xLabel, yLabel: yLabel, on: &canvas)
        return canvas
    }

    /// A canvas with its title alone.
    static func canvas(title: String, subtitle: String, height: Double) -> SVGCanvas {
        var canvas = SVGCanvas(width: width, height: height)
        canvas.text(title, left, 26, size: 15, bold: true)
        canvas.text(subtitle, left, 44, size: 11.5, fill: SVGCanvas.quietInk)
        return canvas
    }

    /// Grid, ticks and their labels, and what the axes are called; an axis without a title has no labels either.
    func axes(
        xTitle: String?, yTitle: String, xLabel: (Double) -> String, yLabel: (Double) -> String,
        on canvas: inout SVGCanvas
    ) {
        for tick in x.ticks(room: 46, label: xLabel) {
            let at = x.position(tick.value)
            if let label = tick.label {
                canvas.line(at, top, at, bottom, stroke: SVGCanvas.gridInk, width: 0.8)
                if xTitle != nil { canvas.text(label, at, bottom + 19, size: 11, anchor: .middle) }
            }
            canvas.line(at, bottom, at, bottom + (tick.label == nil ? 3 : 5), stroke: SVGCanvas.ink)
        }
        for tick in y.ticks(room: 17, label: yLabel) {
            let at = y.position(tick.value)
            if let label = tick.label {
                canvas.line(Self.left, at, Self.right, at, stroke: SVGCanvas.gridInk, width: 0.8)
                canvas.text(label, Self.left - 9, at + 4, size: 11, anchor: .end)
            }
            canvas.line(
                Self.left - (tick.label == nil ? 3 : 5), at, Self.left, at, stroke: SVGCanvas.ink)
        }
        canvas.line(Self.left, bottom, Self.right, bottom, stroke: SVGCanvas.ink)
        canvas.line(Self.left, top, Self.left, bottom, stroke: SVGCanvas.ink)
        if let xTitle {
            canvas.text(xTitle, (Self.left + Self.right) / 2, bottom + 44, size: 12.5, anchor: .middle)
        }
        canvas.text(yTitle, 20, (top + bottom) / 2, size: 12.5, anchor: .middle, turned: true)
    }

    /// A coordinate pair.
    func point(_ xValue: Double, _ yValue: Double) -> (Double, Double) {
        (x.position(xValue), y.position(yValue))
    }

    /// Entries of the legend, from the top; each draws its sample around the given point.
    static func legend(
        _ entries: [LegendEntry], title: String, on canvas: inout SVGCanvas
    ) {
        var y = top + 8
        if !title.isEmpty {
            canvas.text(title, right + 22, y, size: 11.5, bold: true)
            y += 20
        }
        for entry in entries {
            entry.draw(&canvas, right + 34, y - 4)
            canvas.text(entry.text, right + 54, y, size: 11.5)
            y += 19
        }
    }

    /// Colours of ordered things: viridis without its pale end, readable for the colour-blind and in print.
    static func colours(_ count: Int) -> [String] {
        let anchors: [(Double, Double, Double)] = [
            (68, 1, 84), (59, 82, 139), (33, 145, 140), (94, 201, 98), (176, 214, 52),
        ]
        return (0..<count).map { index in
            let place = count < 2 ? 0.25 : 0.95 * Double(index) / Double(count - 1)
            let scaled = place * Double(anchors.count - 1)
            let low = min(Int(scaled), anchors.count - 2)
            let part = scaled - Double(low)
            let (a, b) = (anchors[low], anchors[low + 1])
            let mixed = [(a.0, b.0), (a.1, b.1), (a.2, b.2)].map { Int(($0 + part * ($1 - $0)).rounded()) }
            return String(format: "#%02x%02x%02x", mixed[0], mixed[1], mixed[2])
        }
    }

    /// Orange of the Okabe-Ito palette: what is predicted and not measured.
    static let prediction = "#d55e00"
}
