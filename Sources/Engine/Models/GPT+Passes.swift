extension GPT {
    /// Fills `scratch.logits` (N, V) for `sequences` sequences of ids (B, T), and all that the backward pass needs.
    func forward(_ w: UnsafePointer<Scalar>, ids: UnsafePointer<Int32>, sequences: Int) {
        precondition(sequences <= maximumSequences, "scratch is too small for \(sequences) sequences")
        let (t, c) = (configuration.length, configuration.width)
        let n = sequences * t
        let s = scratch
        let shape = Attention.Shape(
            sequences: sequences, length: t, heads: configuration.heads, headWidth: c / configuration.heads)
        Embedding.forward(
            ids: ids, tokens: w + tokenTable, positions: w + positionTable,
            x: blocks.isEmpty ? s.last : s.blocks[0].x, sequences: sequences, length: t, width: c)
        for i in 0..<blocks.count {
            let (p, b) = (blocks[i], s.blocks[i])
            let next = i + 1 < blocks.count ? s.blocks[i + 1].x : s.last
            LayerNorm.forward(
                x: b.x, gain: w + p.norm1Gain, bias: w + p.norm1Bias, y: b.norm1, mean: b.mean1,
                inverse: b.inverse1, rows: n, columns: c)
            Linear.forward(
                x: b.norm1, weight: w + p.qkv, bias: w + p.qkvBias, y: b.qkv, rows: n, inputs: c,
                outputs: 3 * c)
            Attention.forward(
                qkv: b.qkv, probabilities: b.probabilities, out: b.attended, scratch: s.scores,
                shape: shape)
            Linear.addRow(w + p.projBias, to: b.x, into: b.middle, rows: n, columns: c)
            Linear.forward(
                x: b.attended, weight: w + p.proj, bias: nil, y: b.middle, rows: n, inputs: c, outputs: c,
                accumulate: true)
            LayerNorm.forward(
                x: b.middle, gain: w + p.norm2Gain, bias: w + p.norm2Bias, y: b.norm2, mean: b.mean2,
                inverse: b.inverse2, rows: n, columns: c)
            Linear.forward(
                x: b.norm2, weight: w + p.fc1, bias: nil, y: b.slope, rows: n, inputs: c, outputs: 4 * c)
            GELU.forward(h: b.slope, bias: w + p.fc1Bias, y: b.activated, rows: n, columns: 4 * c)
            Linear.addRow(w + p.fc2Bias, to: b.middle, into: next, rows: n, columns: c)
            Linear.forward(
                x: b.activated, weight: w + p.fc2, bias: nil, y: next, rows: n, inputs: 4 * c, outputs: c,
                accumulate: true)
        }
        LayerNorm.forward(
            x: s.last, gain: w + lastGain, bias: w + lastBias, y: s.normed, mean: s.mean, inverse: s.inverse,
            rows: n, columns: c)
        Linear.forward(
            x: s.normed, weight: w + head, bias: nil, y: s.logits, rows: n, inputs: c,
            outputs: configuration.vocabulary)
    }

    /// Adds to the gradient `g`, from `scratch.logits` holding the gradient of the logits (N, V).
    func backward(
        _ w: UnsafePointer<Scalar>, _ g: UnsafeMutablePointer<Scalar>, ids: UnsafePointer<Int32>,
        sequences: Int
    ) {
        let (t, c) = (configuration.length, configuration.width)
        let n = sequences * t
        let s = scratch
        let shape = Attention.Shape(
            sequences: sequences, length: t, heads: configuration.heads, headWidth: c / configuration.heads)
        Linear.backward(
            x: s.normed, weight: w + head, dy: s.logits, dx: s.dNarrow, dWeight: g + head, dBias: nil,
            rows: n,
            inputs: c, outputs: configuration.vocabulary)
        s.dx.update(repeating: 0, count: n * c)
        LayerNorm.backward(
            x: s.last, gain: w + lastGain, mean: s.mean, inverse: s.inverse, dy: s.dNarrow, dx: s.dx,
            dGain: g + lastGain, dBias: g + lastBias, rows: n, columns: c)
        for i in stride(from: blocks.count - 1, through: 0, by: -1) {
            let (p, b) = (blocks[i], s.blocks[i])
            Linear.backward(
                x: b.activated, weight: w + p.fc2, dy: s.dx, dx: s.dWide, dWeight: g + p.fc2,
                dBias: g + p.fc2Bias, rows: n, inputs: 4 * c, outputs: c)
            GELU.backward(slope: b.slope, d: s.dWide, dBias: g + p.fc1Bias, rows: n, columns: 4 * c)
            Linear.backward(
                x: b.norm2, weight: w + p.fc1, dy: s.dWide, dx: s.dNarrow, dWeight: g + p.fc1,
                dBias: nil, rows: n, inputs: c, outputs: 4 * c)
            LayerNorm.backward(
                x: b.middle, gain: w + p.norm2Gain, mean: b.mean2, inverse: b.inverse2, dy: s.dNarrow,
                dx: s.dx,
                dGain: g + p.norm2Gain, dBias: g + p.norm2Bias, rows: n, columns: c)
            Linear.backward(
                x: b.attended, weight: w + p.proj, dy: s.dx, dx: s.dNarrow, dWeight: g + p.proj,
                dBias: g + p.projBias, rows: n, inputs: c, outputs: c)
            Attention.backward(
                qkv: b.qkv, probabilities: b.probabilities, dout: s.dNarrow, dqkv: s.dWide,
                scratch: s.scores,
                shape: shape)
            Linear.backward(
                x: b.norm1, weight: w + p.qkv, dy: s.dWide, dx: s.dNarrow, dWeight: g + p.qkv,
                dBias: g + p.qkvBias, rows: n, inputs: c, outputs: 3 * c)
            LayerNorm.backward(
                x: b.x, gain: w + p.norm1Gain, mean: b.mean1, inverse: b.inverse1, dy: s.dNarrow, dx: s.dx,
                dGain: g + p.norm1Gain, dBias: g + p.norm1Bias, rows: n, columns: c)
        }
        Embedding.backward(
            ids: ids, dx: s.dx, dTokens: g + tokenTable, dPositions: g + positionTable, sequences: sequences,
            length: t, width: c)
    }
}
