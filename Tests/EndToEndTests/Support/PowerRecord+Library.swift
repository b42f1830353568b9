#if os(Linux)
extension PowerRecord {
    /// Stands before the calls that alter files, and notes each beside the file, in one order.
    ///
    /// A call and its record are one step before all threads and processes, but for the calls that wait for
    /// the disk: what stands in the record before such a one begins is safe once it has ended. SQLite's
    /// `-shm` is left out: it is mapped, and made anew.
    static let library = """
        #define _GNU_SOURCE
        #include <dlfcn.h>
        #include <errno.h>
        #include <fcntl.h>
        #include <limits.h>
        #include <pthread.h>
        #include <stdarg.h>
        #include <stdint.h>
        #include <stdio.h>
        #include <stdlib.h>
        #include <string.h>
        #include <sys/file.h>
        #include <sys/stat.h>
        #include <sys/syscall.h>
        #include <sys/uio.h>
        #include <unistd.h>

        enum { created = 1, written, resized, synced, renamed, unlinked, linked, made, removed };

        // What precedes two names and the bytes of a write.
        struct record {
            uint32_t kind, from, to, bytes;
            uint64_t file, place;
        };

        static int journal = -1, turn = -1;
        static const char *root;
        static size_t length;
        static pthread_mutex_t threads = PTHREAD_MUTEX_INITIALIZER;

        __attribute__((constructor)) static void begin(void) {
            const char *name = getenv("POWER_RECORD");
            root = getenv("POWER_ROOT");
            if (!name || !root) return;
            length = strlen(root);
            journal = syscall(SYS_openat, AT_FDCWD, name, O_WRONLY | O_APPEND | O_CLOEXEC);
            turn = syscall(SYS_openat, AT_FDCWD, name, O_RDONLY | O_CLOEXEC);
        }

        // The call and its record are one step, before all threads and processes.
        static void enter(void) {
            pthread_mutex_lock(&threads);
            while (flock(turn, LOCK_EX) && errno == EINTR) {}
        }

        static void leave(void) {
            int error = errno;
            flock(turn, LOCK_UN);
            pthread_mutex_unlock(&threads);
            errno = error;
        }


        // Whether what has this name is recorded; SQLite's index of a log is made anew.
        static int counts(const char *name) {
            return journal >= 0 && !strncmp(name, root, length) && name[length] == '/'
                && !strstr(name, "-shm");
        }

        // The whole name, its directory without links; whether it counts.
        static int whole(char out[PATH_MAX], int folder, const char *name) {
            char start[PATH_MAX + NAME_MAX], place[PATH_MAX], link[40];
            if (journal < 0 || !name) return 0;
            if (name[0] == '/') {
                snprintf(start, sizeof start, "%s", name);
            } else {
                if (folder == AT_FDCWD) {
                    if (!getcwd(place, sizeof place)) return 0;
                } else {
                    snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
                    ssize_t count = readlink(link, place, sizeof place - 1);
                    if (count < 0) return 0;
                    place[count] = 0;
                }
                snprintf(start, sizeof start, "%s/%s", place, name);
            }
            size_t count = strlen(start);
            while (count > 1 && start[count - 1] == '/') start[--count] = 0;
            char *slash = strrchr(start, '/');
            if (!slash) return 0;
            *slash = 0;
            if (!realpath(*start ? start : "/", place)) return 0;
            snprintf(out, PATH_MAX, "%s/%s", place, slash + 1);
            return counts(out);
        }

        // The number of an open file or directory that counts, or 0.
        static uint64_t number(int file) {
            char link[40], name[PATH_MAX];
            struct stat found;
            // The first three are what a test reads of a program.
            if (journal < 0 || file <= STDERR_FILENO) return 0;
            int error = errno;
            snprintf(link, sizeof link, "/proc/self/fd/%d", file);
            ssize_t count = readlink(link, name, sizeof name - 1);
            name[count < 0 ? 0 : count] = 0;
            int is = count > 0 && !fstat(file, &found) && (S_ISREG(found.st_mode) || S_ISDIR(found.st_mode));
            errno = error;
            if (is && !strcmp(name, root)) return found.st_ino;
            return is && counts(name) ? found.st_ino : 0;
        }

        static void note(
            uint32_t kind, uint64_t file, uint64_t place, const char *from, const char *to, const void *bytes,
            size_t count
        ) {
            int error = errno;
            struct record record = {
                kind, from ? strlen(from) : 0, to ? strlen(to) : 0, count, file, place,
            };
            struct iovec parts[] = {
                {&record, sizeof record}, {(void *)from, record.from}, {(void *)to, record.to},
                {(void *)bytes, count},
            };
            if (syscall(SYS_writev, journal, parts, 4) < 0) abort();
            errno = error;
        }

        // What a call has written, as it now stands in the file.
        static void copy(int file, uint64_t which, off64_t place, size_t count) {
            char part[65536];
            while (count) {
                size_t most = count < sizeof part ? count : sizeof part;
                ssize_t got = syscall(SYS_pread64, file, part, most, place);
                if (got <= 0) abort();
                note(written, which, place, 0, 0, part, got);
                place += got;
                count -= got;
            }
        }

        // Opening

        static int opens(int folder, const char *name, int flags, mode_t mode) {
            char path[PATH_MAX];
            int alters = flags & (O_CREAT | O_TRUNC) && (flags & O_TMPFILE) != O_TMPFILE;
            if (!alters || !whole(path, folder, name))
                return syscall(SYS_openat, folder, name, flags, mode);
            struct stat found;
            enter();
            int is = !lstat(path, &found);
            int file = syscall(SYS_openat, folder, name, flags, mode);
            if (file >= 0 && !fstat(file, &found)) {
                if (!is) note(created, found.st_ino, 0, path, 0, 0, 0);
                else if (flags & O_TRUNC && S_ISREG(found.st_mode))
                    note(resized, found.st_ino, 0, 0, 0, 0, 0);
            }
            leave();
            return file;
        }

        // What stands behind the flags, if anything does.
        static mode_t mode_in(int flags, va_list list) {
            return flags & (O_CREAT | __O_TMPFILE) ? va_arg(list, mode_t) : 0;
        }

        #define MODE va_list list; va_start(list, flags); mode_t mode = mode_in(flags, list); va_end(list);

        int open(const char *name, int flags, ...) {
            MODE
            return opens(AT_FDCWD, name, flags, mode);
        }

        int open64(const char *name, int flags, ...) {
            MODE
            return opens(AT_FDCWD, name, flags | O_LARGEFILE, mode);
        }

        int openat(int folder, const char *name, int flags, ...) {
            MODE
            return opens(folder, name, flags, mode);
        }

        int openat64(int folder, const char *name, int flags, ...) {
            MODE
            return opens(folder, name, flags | O_LARGEFILE, mode);
        }

        int creat(const char *name, mode_t mode) {
            return opens(AT_FDCWD, name, O_CREAT | O_TRUNC | O_WRONLY, mode);
        }

        static int names(int file, const char *name) {
            char path[PATH_MAX];
            struct stat found;
            if (file >= 0 && whole(path, AT_FDCWD, name) && !fstat(file, &found))
                note(created, found.st_ino, 0, path, 0, 0, 0);
            return file;
        }

        // The C library makes the name itself.
        static int temporary(char *name, int tail, int flags) {
            int (*next)(char *, int, int) = (int (*)(char *, int, int))dlsym(RTLD_NEXT, "mkostemps");
            if (journal < 0) return next(name, tail, flags);
            enter();
            int file = names(next(name, tail, flags), name);
            leave();
            return file;
        }

        int mkstemp(char *name) { return temporary(name, 0, 0); }
        int mkstemp64(char *name) { return temporary(name, 0, 0); }
        int mkostemp(char *name, int flags) { return temporary(name, 0, flags); }
        int mkostemp64(char *name, int flags) { return temporary(name, 0, flags); }
        int mkstemps(char *name, int tail) { return temporary(name, tail, 0); }
        int mkstemps64(char *name, int tail) { return temporary(name, tail, 0); }
        int mkostemps(char *name, int tail, int flags) { return temporary(name, tail, flags); }
        int mkostemps64(char *name, int tail, int flags) { return temporary(name, tail, flags); }

        // Writing

        static ssize_t writes(int file, const struct iovec *parts, int count, off64_t place, int moves) {
            uint64_t which = number(file);
            if (which) enter();
            ssize_t done = moves ? syscall(SYS_writev, file, parts, count)
                : syscall(SYS_pwritev, file, parts, count, (long)place, 0);
            if (which && done > 0) {
                int error = errno;
                if (moves) place = lseek64(file, 0, SEEK_CUR) - done;
                ssize_t left = done;
                for (int index = 0; left > 0 && index < count; ++index) {
                    ssize_t some = parts[index].iov_len;
                    if (some > left) some = left;
                    if (some) note(written, which, place, 0, 0, parts[index].iov_base, some);
                    place += some;
                    left -= some;
                }
                errno = error;
            }
            if (which) leave();
            return done;
        }

        ssize_t write(int file, const void *bytes, size_t count) {
            struct iovec part = {(void *)bytes, count};
            uint64_t which = number(file);
            if (!which) return syscall(SYS_write, file, bytes, count);
            return writes(file, &part, 1, 0, 1);
        }

        ssize_t writev(int file, const struct iovec *parts, int count) {
            return writes(file, parts, count, 0, 1);
        }

        ssize_t pwrite64(int file, const void *bytes, size_t count, off64_t place) {
            struct iovec part = {(void *)bytes, count};
            return writes(file, &part, 1, place, 0);
        }

        ssize_t pwrite(int file, const void *bytes, size_t count, off_t place) {
            return pwrite64(file, bytes, count, place);
        }

        ssize_t pwritev64(int file, const struct iovec *parts, int count, off64_t place) {
            return writes(file, parts, count, place, 0);
        }

        ssize_t pwritev(int file, const struct iovec *parts, int count, off_t place) {
            return writes(file, parts, count, place, 0);
        }

        ssize_t sendfile64(int to, int from, off64_t *place, size_t count) {
            uint64_t which = number(to);
            if (which) enter();
            ssize_t done = syscall(SYS_sendfile, to, from, place, count);
            if (which && done > 0) copy(to, which, lseek64(to, 0, SEEK_CUR) - done, done);
            if (which) leave();
            return done;
        }

        ssize_t sendfile(int to, int from, off_t *place, size_t count) {
            return sendfile64(to, from, place, count);
        }

        ssize_t copy_file_range(
            int from, off64_t *read, int to, off64_t *place, size_t count, unsigned flags
        ) {
            uint64_t which = number(to);
            if (which) enter();
            ssize_t done = syscall(SYS_copy_file_range, from, read, to, place, count, flags);
            if (which && done > 0) copy(to, which, (place ? *place : lseek64(to, 0, SEEK_CUR)) - done, done);
            if (which) leave();
            return done;
        }

        int ftruncate64(int file, off64_t count) {
            uint64_t which = number(file);
            if (which) enter();
            int failed = syscall(SYS_ftruncate, file, count);
            if (which && !failed) note(resized, which, count, 0, 0, 0, 0);
            if (which) leave();
            return failed;
        }

        int ftruncate(int file, off_t count) { return ftruncate64(file, count); }

        // Waiting for the disk: what stood in the record before the call began is safe when it ends.

        static int syncs(long call, int file) {
            uint64_t which = number(file);
            uint64_t place = which ? lseek64(turn, 0, SEEK_END) : 0;
            int failed = syscall(call, file);
            if (which && !failed) {
                enter();
                note(synced, which, place, 0, 0, 0, 0);
                leave();
            }
            return failed;
        }

        int fsync(int file) { return syncs(SYS_fsync, file); }
        int fdatasync(int file) { return syncs(SYS_fdatasync, file); }

        // Names

        static int two(
            uint32_t kind, long call, int a, const char *from, int b, const char *to, unsigned flags
        ) {
            char source[PATH_MAX] = "", target[PATH_MAX] = "";
            int starts = whole(source, a, from), arrives = whole(target, b, to);
            if (!starts && !arrives) return syscall(call, a, from, b, to, flags);
            struct stat found;
            enter();
            int is = !lstat(source, &found);
            int failed = syscall(call, a, from, b, to, flags);
            if (!failed && is) note(kind, found.st_ino, flags, source, target, 0, 0);
            leave();
            return failed;
        }

        int renameat2(int a, const char *from, int b, const char *to, unsigned flags) {
            return two(renamed, SYS_renameat2, a, from, b, to, flags);
        }

        int renameat(int a, const char *from, int b, const char *to) { return renameat2(a, from, b, to, 0); }
        int rename(const char *from, const char *to) { return renameat2(AT_FDCWD, from, AT_FDCWD, to, 0); }

        int linkat(int a, const char *from, int b, const char *to, int flags) {
            return two(linked, SYS_linkat, a, from, b, to, flags);
        }

        int link(const char *from, const char *to) { return linkat(AT_FDCWD, from, AT_FDCWD, to, 0); }

        static int takes(int folder, const char *name, int flags) {
            char path[PATH_MAX];
            if (!whole(path, folder, name)) return syscall(SYS_unlinkat, folder, name, flags);
            enter();
            int failed = syscall(SYS_unlinkat, folder, name, flags);
            if (!failed) note(flags & AT_REMOVEDIR ? removed : unlinked, 0, 0, path, 0, 0, 0);
            leave();
            return failed;
        }

        int unlink(const char *name) { return takes(AT_FDCWD, name, 0); }
        int unlinkat(int folder, const char *name, int flags) { return takes(folder, name, flags); }
        int rmdir(const char *name) { return takes(AT_FDCWD, name, AT_REMOVEDIR); }

        int remove(const char *name) {
            int failed = takes(AT_FDCWD, name, 0);
            return failed && errno == EISDIR ? takes(AT_FDCWD, name, AT_REMOVEDIR) : failed;
        }

        int mkdirat(int folder, const char *name, mode_t mode) {
            char path[PATH_MAX];
            struct stat found;
            if (!whole(path, folder, name)) return syscall(SYS_mkdirat, folder, name, mode);
            enter();
            int failed = syscall(SYS_mkdirat, folder, name, mode);
            if (!failed && !lstat(path, &found)) note(made, found.st_ino, 0, path, 0, 0, 0);
            leave();
            return failed;
        }

        int mkdir(const char *name, mode_t mode) { return mkdirat(AT_FDCWD, name, mode); }

        """
}
#endif
