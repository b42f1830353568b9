import TrialModel

extension TransportRequest {
    /// Refuses, before anything is sent, what HTTP cannot carry or the trust does not cover.
    ///
    /// - Throws: `malformed` or `not-allowed`.
    func checked(under trust: ServerTrust) throws(Problem) -> TransportAddress {
        let address = try TransportAddress(url)
        try address.check(under: trust)
        guard method == "POST" || (method == "GET" && body == nil) else {
            throw Problem(.malformed, "only POST, and GET without a body, can be sent to \(address.name)")
        }
        for (name, value) in headers {
            guard !name.isEmpty, name.utf8.allSatisfy(Self.isTokenByte),
                value.utf8.allSatisfy(Self.isValueByte)
            else {
                throw Problem(
                    .malformed, "a header for \(address.name) has characters that HTTP does not allow")
            }
        }
        if trust == .bootstrap {
            guard method == "GET", !headers.contains(where: { $0.0.lowercased() == "authorization" }) else {
                throw Problem(
                    .notAllowed,
                    "nothing but a public certificate is fetched from \(address.name) before it is known",
                    remedy: "enrol first")
            }
        }
        return address
    }

    /// RFC 9110, section 5.6.2.
    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "a")...UInt8(ascii: "z"): true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }

    /// RFC 9110, section 5.5: no line end and no other control character but the tabulator.
    private static func isValueByte(_ byte: UInt8) -> Bool { (byte >= 0x20 && byte != 0x7F) || byte == 0x09 }
}
