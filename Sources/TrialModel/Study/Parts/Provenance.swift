/// Where a statement of the definition comes from; reports show what the sponsor still has to confirm.
///
/// In JSON either `"source": "registry"` or `"status": "to be confirmed by the sponsor"`.
public enum Provenance: String, Hashable, Sendable {
    /// The registry record says so.
    case registry
    /// The record does not say; this is a default.
    case toBeConfirmed = "to be confirmed by the sponsor"
}
