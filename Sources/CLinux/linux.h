// What Swift's `Glibc` module lacks of Linux, and what Swift can't call: function-like macros,
// variable argument lists and names hidden behind `_GNU_SOURCE`. Header only: every function is
// `static inline` and does nothing but call the one function it is named for.
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

// errno is a macro over a thread-local, and Swift may call something else between two statements.
static inline int linux_errno(void) { return errno; }

// Hidden unless `_GNU_SOURCE` was defined before the first C header, which a Swift file can't do.
extern int accept4(int, struct sockaddr *restrict, socklen_t *restrict, int);
extern int pthread_setname_np(pthread_t, const char *);

static inline int linux_accept4(int socket, struct sockaddr *address, socklen_t *length) {
    return accept4(socket, address, length, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

static inline int linux_socket(int family) {
    return socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

// `open` and `openat` take the mode as a variable argument.
static inline int linux_openat(int directory, const char *path, int flags, mode_t mode) {
    return openat(directory, path, flags | O_CLOEXEC, mode);
}

static inline int linux_set_option(int socket, int level, int option, int value) {
    return setsockopt(socket, level, option, &value, sizeof value);
}

static inline int linux_get_option(int socket, int level, int option, int *value) {
    socklen_t length = sizeof *value;
    return getsockopt(socket, level, option, value, &length);
}

static inline int linux_flock_exclusive(int descriptor) {
    return flock(descriptor, LOCK_EX | LOCK_NB);
}

extern int renameat2(int, const char *, int, const char *, unsigned);

// RENAME_NOREPLACE, which the C library hides.
static inline int linux_rename_to_free(int directory, const char *from, const char *to) {
    return renameat2(directory, from, directory, to, 1);
}

extern int sync_file_range(int, off_t, off_t, unsigned);

// SYNC_FILE_RANGE_WAIT_BEFORE, _WRITE and _WAIT_AFTER, which the C library hides.
static inline int linux_write_back(int file, off_t offset, off_t count) {
    return sync_file_range(file, offset, count, 7);
}

static inline int linux_eventfd(void) { return eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC); }

static inline int linux_signalfd(const sigset_t *signals) {
    return signalfd(-1, signals, SFD_NONBLOCK | SFD_CLOEXEC);
}

// SIG_IGN is a cast of a number to a function pointer, which Swift can't import.
static inline int linux_ignore_signal(int number) {
    return signal(number, SIG_IGN) == SIG_ERR ? -1 : 0;
}

// Missing from Swift's `Glibc` module.
static inline void linux_return_free_memory(void) { malloc_trim(0); }

// `prctl` takes its arguments as a variable list.
static inline int linux_signal_at_parents_death(int number) {
    return prctl(PR_SET_PDEATHSIG, number);
}

static inline int linux_name_thread(const char *name) {
    return pthread_setname_np(pthread_self(), name);
}

static inline int linux_clock_monotonic_raw(struct timespec *time) {
    return clock_gettime(CLOCK_MONOTONIC_RAW, time);
}

static inline int linux_clock_boottime(struct timespec *time) {
    return clock_gettime(CLOCK_BOOTTIME, time);
}

static inline int linux_clock_realtime(struct timespec *time) {
    return clock_gettime(CLOCK_REALTIME, time);
}
