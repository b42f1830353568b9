// libcurl for Swift: typed stand-ins for its variadic functions, which Swift cannot call, and the socket
// options that need a C callback. No policy lives here; that is Sources/SyncClient/Transport.
#ifndef TRIALSYNC_CCURL_SHIM_H
#define TRIALSYNC_CCURL_SHIM_H

#include <curl/curl.h>
#include <stddef.h>

#ifndef _WIN32
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#endif

#if LIBCURL_VERSION_NUM < 0x074d00
#error "TrialSync needs libcurl 7.77 or newer (CURLOPT_CAINFO_BLOB)"
#endif

// MARK: - Setters

static inline CURLcode trialsync_curl_set_long(CURL *easy, CURLoption option, long value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode trialsync_curl_set_large(CURL *easy, CURLoption option, curl_off_t value) {
    return curl_easy_setopt(easy, option, value);
}

/// libcurl copies the text. A null pointer unsets the option.
static inline CURLcode trialsync_curl_set_text(CURL *easy, CURLoption option, const char *value) {
    return curl_easy_setopt(easy, option, value);
}

/// libcurl keeps the pointer: what it points at must outlive the transfer.
static inline CURLcode trialsync_curl_set_pointer(CURL *easy, CURLoption option, void *value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode trialsync_curl_set_callback(CURL *easy, CURLoption option, curl_write_callback value) {
    return curl_easy_setopt(easy, option, value);
}

/// libcurl copies the bytes.
static inline CURLcode trialsync_curl_set_blob(CURL *easy, CURLoption option, const void *bytes,
                                               size_t count) {
    struct curl_blob blob;
    blob.data = (void *)bytes;
    blob.len = count;
    blob.flags = CURL_BLOB_COPY;
    return curl_easy_setopt(easy, option, &blob);
}

/// The one scheme a transfer may use: https, or else http.
static inline CURLcode trialsync_curl_set_schemes(CURL *easy, int https_only) {
#if LIBCURL_VERSION_NUM >= 0x075500
    return curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, https_only ? "https" : "http");
#else
    return curl_easy_setopt(easy, CURLOPT_PROTOCOLS, (long)(https_only ? CURLPROTO_HTTPS : CURLPROTO_HTTP));
#endif
}

/// A transfer that ends while the name is being looked up does not wait for the resolver's thread, which may
/// sit in getaddrinfo for half a minute (libcurl 7.87 or newer; an older one waits).
static inline CURLcode trialsync_curl_leave_resolver(CURL *easy) {
#if LIBCURL_VERSION_NUM >= 0x075700
    return curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
#else
    (void)easy;
    return CURLE_OK;
#endif
}

/// The callback may end the transfer; libcurl asks it at least once in every turn of the multi handle.
static inline CURLcode trialsync_curl_set_progress(CURL *easy, curl_xferinfo_callback callback,
                                                   void *context) {
    CURLcode code = curl_easy_setopt(easy, CURLOPT_XFERINFODATA, context);
    if (code == CURLE_OK) code = curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, callback);
    if (code == CURLE_OK) code = curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
    return code;
}

// MARK: - Getters

static inline CURLcode trialsync_curl_get_long(CURL *easy, CURLINFO info, long *value) {
    return curl_easy_getinfo(easy, info, value);
}

static inline CURLcode trialsync_curl_get_large(CURL *easy, CURLINFO info, curl_off_t *value) {
    return curl_easy_getinfo(easy, info, value);
}

// MARK: - Sockets and signals

/// Tells the kernel when to give a silent link up (the pointer's value is seconds), and to keep little unsent
/// data, so that libcurl's progress, on which the low-speed limit rests, is that of the link and not of a
/// buffer. Both are improvements only: where the platform has no such option, the limits above it still hold.
static inline int trialsync_curl_on_socket(void *seconds, curl_socket_t socket, curlsocktype purpose) {
    (void)purpose;
#if defined(TCP_USER_TIMEOUT)
    unsigned int limit_milliseconds = (unsigned int)(size_t)seconds * 1000u;
    (void)setsockopt(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, &limit_milliseconds, sizeof limit_milliseconds);
#elif defined(TCP_RXT_CONNDROPTIME)
    int limit_seconds = (int)(size_t)seconds;
    (void)setsockopt(socket, IPPROTO_TCP, TCP_RXT_CONNDROPTIME, &limit_seconds, sizeof limit_seconds);
#else
    (void)seconds;
    (void)socket;
#endif
#if defined(TCP_NOTSENT_LOWAT)
    int unsent_bytes = 65536;
    (void)setsockopt(socket, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent_bytes, sizeof unsent_bytes);
#endif
    return CURL_SOCKOPT_OK;
}

static inline CURLcode trialsync_curl_tune_sockets(CURL *easy, size_t give_up_seconds) {
    CURLcode code = curl_easy_setopt(easy, CURLOPT_SOCKOPTDATA, (void *)give_up_seconds);
    if (code != CURLE_OK) return code;
    return curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, trialsync_curl_on_socket);
}

/// Shuts down the connection of a transfer that timed out. libcurl keeps an HTTP/2 connection after one of
/// its streams timed out, and would put the next request on the same dead link.
static inline void trialsync_curl_hang_up(CURL *easy) {
    curl_socket_t socket = CURL_SOCKET_BAD;
    if (curl_easy_getinfo(easy, CURLINFO_ACTIVESOCKET, &socket) != CURLE_OK) return;
    if (socket == CURL_SOCKET_BAD) return;
#ifdef _WIN32
    (void)shutdown(socket, SD_BOTH);
#else
    (void)shutdown(socket, SHUT_RDWR);
#endif
}

/// Keeps SIGPIPE from the calling thread, so that a write to a closed connection is an error and not the end
/// of the process. OpenSSL writes without MSG_NOSIGNAL; libcurl's own guard would change the handler of the
/// whole process.
static inline void trialsync_curl_block_sigpipe(void) {
#ifndef _WIN32
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGPIPE);
    (void)pthread_sigmask(SIG_BLOCK, &signals, NULL);
#endif
}

#endif
