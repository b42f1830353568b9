package import TrialModel

extension Problem {
    /// What the centre says of its own disk or store, told at a laptop: nobody here is to take it for a fault
    /// of this computer, make room, or enter anything again.
    ///
    /// A centre of an earlier version says `disk-full` of itself.
    package var ofCentre: Problem {
        switch code {
        case .diskFull, .centreDiskFull:
            Problem(
                .centreDiskFull, "the centre's disk is full; what was saved here is safe",
                remedy: "tell the coordinator, and sync again when there is room at the centre; "
                    + "nothing is to be entered again")
        case .diskFailed:
            Problem(
                .serverFailed, "the centre's disk fails (\(code.rawValue))",
                remedy: "what was saved here is safe: tell the coordinator, and sync again later")
        case .storeMissing, .storeDamaged, .storeForeign, .storeNewer, .storeRolledBack, .storeBusy,
            .storeReadOnly, .storeFailed, .sealBroken:
            Problem(
                .serverFailed, "the centre could not read or write its own store (\(code.rawValue))",
                remedy: "what was saved here is safe: tell the coordinator, and sync again later")
        default: self
        }
    }
}
