import CZstd
package import FoundationEssentials
package import TrialModel

/// Zstandard (RFC 8878) for bodies: level 3, with a checksum; reading is capped, so that a small body cannot
/// grow without end.
package enum Compression {
    private static let level: Int32 = 3

    package static func compress(_ bytes: Data) throws(Problem) -> Data {
        guard let context = ZSTD_createCCtx() else {
            throw Problem(.internalError, "no memory to compress a body")
        }
        defer { ZSTD_freeCCtx(context) }
        _ = ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level)
        _ = ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1)
        var output = Data(count: ZSTD_compressBound(bytes.count))
        let written = output.withUnsafeMutableBytes { target in
            bytes.withUnsafeBytes { source in
                ZSTD_compress2(context, target.baseAddress, target.count, source.baseAddress, source.count)
            }
        }
        guard ZSTD_isError(written) == 0 else {
            throw Problem(.internalError, "a body could not be compressed")
        }
        output.removeSubrange(written...)
        return output
    }

    /// - Throws: `Problem(.bodyTooLarge)` past `limitBytes`; `Problem(.bodyIncomplete)` if the frame is cut;
    ///   `Problem(.malformed)` if it is not Zstandard or its checksum is wrong.
    package static func decompress(_ bytes: Data, limitBytes: Int = WireLimits.decompressedBytes)
        throws(Problem) -> Data
    {
        guard let stream = ZSTD_createDCtx() else {
            throw Problem(.internalError, "no memory to decompress a body")
        }
        defer { ZSTD_freeDCtx(stream) }
        // A window larger than the cap could not be of use: it is refused before memory is taken for it.
        _ = ZSTD_DCtx_setParameter(stream, ZSTD_d_windowLogMax, 24)
        var output = Data()
        var chunk = [UInt8](repeating: 0, count: ZSTD_DStreamOutSize())
        var position = 0
        var remaining = 1
        while position < bytes.count || remaining > 0 {
            let step = bytes.withUnsafeBytes { source in
                chunk.withUnsafeMutableBytes { target in
                    var input = ZSTD_inBuffer(src: source.baseAddress, size: source.count, pos: position)
                    var result = ZSTD_outBuffer(dst: target.baseAddress, size: target.count, pos: 0)
                    let left = ZSTD_decompressStream(stream, &result, &input)
                    return (left: left, read: input.pos, written: result.pos)
                }
            }
            guard ZSTD_isError(step.left) == 0 else {
                throw Problem(.malformed, "the body is not valid Zstandard")
            }
            guard output.count + step.written <= limitBytes else {
                throw Problem(.bodyTooLarge, "the body grows past \(limitBytes) bytes")
            }
            output.append(contentsOf: chunk[..<step.written])
            if step.read == position, step.written == 0 {
                throw Problem(.bodyIncomplete, "the body ends too early")
            }
            (position, remaining) = (step.read, step.left)
        }
        return output
    }
}
