extension String {
    /// Whether a person can read anything in it: more than blanks, and more than characters that are not
    /// seen.
    package var saysSomething: Bool {
        unicodeScalars.contains { scalar in
            switch scalar.properties.generalCategory {
            case .control, .format, .surrogate, .privateUse, .unassigned, .spaceSeparator, .lineSeparator,
                .paragraphSeparator:
                false
            default: !scalar.properties.isDefaultIgnorableCodePoint && !scalar.properties.isWhitespace
            }
        }
    }
}
