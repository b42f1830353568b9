extension StudyDefinition {
    /// The study that ships with the program: NCT05746689.
    ///
    /// Loaded once for the process.
    ///
    /// - Throws: ``ProblemCode/studyInvalid``, which a test keeps from ever happening.
    public static func shipped() throws(Problem) -> StudyDefinition { try loaded.get() }

    private static let loaded = Result { () throws(Problem) in
        try StudyDefinition(json: PackageResources.NCT05746689_json)
    }
}
