package import TrialModel

extension Centre {
    /// What is wrong with a definition: with the document itself and, if it is of the study that runs here,
    /// what keeps it from following the version that runs.
    ///
    /// The version that runs has nothing to follow, and another study is no amendment of this one: of both
    /// only the document is looked at.
    package struct StudyCheck: Hashable, Sendable {
        package let problems: [DefinitionProblem]
        /// The version that it was compared with; `nil` if with none.
        package let comparedWith: Int?

        /// - Parameters:
        ///   - json: The definition.
        ///   - running: The newest version of the study that runs; `nil` if none does.
        package init(_ json: [UInt8], against running: StudyDefinition?) {
            guard let running, !Self.isSame(json, running.json), let study = try? StudyDefinition(json: json),
                study.oid == running.oid
            else {
                (problems, comparedWith) = (StudyDefinition.problems(in: json), nil)
                return
            }
            (problems, comparedWith) = (study.problems(replacing: running), running.version)
        }

        /// Whether both are one document, whatever lines were left empty at its end (`study show > FILE`).
        private static func isSame(_ one: [UInt8], _ other: [UInt8]) -> Bool {
            func trimmed(_ json: [UInt8]) -> some Collection<UInt8> {
                json.reversed().drop { [UInt8(ascii: "\n"), UInt8(ascii: "\r")].contains($0) }
            }
            return trimmed(one).elementsEqual(trimmed(other))
        }
    }
}
