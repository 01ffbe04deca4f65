/// How pictures mark the best run of a budget: a ring, and an arrow where nothing was tried beyond it.
enum BestMark {
    /// The run's dot in its ring.
    static func draw(_ x: Double, _ y: Double, fill: String, on canvas: inout SVGCanvas) {
        canvas.circle(x, y, radius: 3.2, fill: fill, stroke: "#ffffff", width: 0.6)
        canvas.circle(x, y, radius: 6.2, fill: "none", stroke: SVGCanvas.ink, width: 1.4)
    }

    /// An arrow head outside of the ring, pointing to where nothing was tried: one of the two numbers is 0, the other 1 or -1.
    static func arrow(_ x: Double, _ y: Double, _ way: (Double, Double), on canvas: inout SVGCanvas) {
        let (start, tip, half) = (8.4, 14.6, 4.2)
        canvas.area(
            [
                (x + start * way.0 + half * way.1, y + start * way.1 + half * way.0),
                (x + tip * way.0, y + tip * way.1),
                (x + start * way.0 - half * way.1, y + start * way.1 - half * way.0),
            ], fill: SVGCanvas.ink, opacity: 1)
    }

    static func legend(_ text: String) -> PlotFrame.LegendEntry {
        (text, { canvas, x, y in draw(x, y, fill: SVGCanvas.quietInk, on: &canvas) })
    }

    static func edgeLegend() -> PlotFrame.LegendEntry {
        (
            "nothing tried beyond it",
            { canvas, x, y in
                draw(x - 4, y, fill: SVGCanvas.quietInk, on: &canvas)
                arrow(x - 4, y, (1, 0), on: &canvas)
            }
        )
    }
}
