#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// The number of files and connections that the system lets this process have open.
enum OpenFileLimit {
    /// Files that are not connections: the store's, the log, the event loops'.
    private static let reserved = 128

    /// Raises the limit as far as it goes without privileges; many systems start processes with 1,024.
    ///
    /// - Returns: how many connections may be open at once, at most as many as are wanted.
    static func raise(forConnections wanted: Int) -> Int {
        #if canImport(Glibc)
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        #else
        let resource = RLIMIT_NOFILE
        #endif
        var limit = rlimit()
        guard getrlimit(resource, &limit) == 0 else { return wanted }
        let needed = rlim_t(wanted + reserved)
        if limit.rlim_cur < needed {
            limit.rlim_cur = min(needed, limit.rlim_max)
            _ = setrlimit(resource, &limit)
            _ = getrlimit(resource, &limit)
        }
        guard limit.rlim_cur < needed else { return wanted }
        return max(Int(limit.rlim_cur) - reserved, 16)
    }
}
