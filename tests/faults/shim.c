// Counts what a program does to files below one folder, and at the n-th of these operations does
// to it what a crash or a disk would do. It is loaded into the program before its C library.
//
//   FAULTS_BELOW    the folder, without links in it
//   FAULTS_COUNTER  a file of 8 bytes that holds the count, also after the program was killed
//   FAULTS_LOG      a file to which every operation is written with its data (see log_operation)
//   FAULTS_AT       the number of the operation
//   FAULTS_MODE     kill    SIGKILL instead of the operation
//                   torn    half of a write, then SIGKILL
//                   eio     this operation fails with EIO
//                   enospc  half of this write, and every later write fails with ENOSPC
//
// Not seen: what goes to the kernel past the C library, and what is written to mapped memory,
// which SQLite does with the -shm file alone.
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum verdict { GO_ON, FAIL, HALF, HALF_THEN_DIE };
enum mode { COUNT, KILL, TORN, EIO_ONCE, ENOSPC_FROM_NOW };

static const char *below;
static uint64_t *counter;
static uint64_t at;
static enum mode mode;
static int log_file = -1;
static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

__attribute__((constructor)) static void begin(void) {
    const char *text = getenv("FAULTS_COUNTER");
    if (text) {
        int file = REAL(open)(text, O_RDWR);
        void *place = mmap(NULL, 8, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
        if (place != MAP_FAILED) counter = place;
        REAL(close)(file);
    }
    if ((text = getenv("FAULTS_LOG"))) log_file = REAL(open)(text, O_WRONLY | O_APPEND);
    if ((text = getenv("FAULTS_AT"))) at = strtoull(text, NULL, 10);
    if ((text = getenv("FAULTS_MODE"))) {
        mode = !strcmp(text, "kill") ? KILL
             : !strcmp(text, "torn") ? TORN
             : !strcmp(text, "eio") ? EIO_ONCE
             : !strcmp(text, "enospc") ? ENOSPC_FROM_NOW : COUNT;
    }
    if (counter) below = getenv("FAULTS_BELOW");
}

static int is_below(const char *path) {
    size_t length = below ? strlen(below) : 0;
    return length && !strncmp(path, below, length) && (path[length] == '/' || !path[length]);
}

static int path_of(int file, char *path) {
    char link[40];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = below ? readlink(link, path, PATH_MAX - 1) : -1;
    path[length < 0 ? 0 : length] = 0;
    return is_below(path);
}

static void die(void) {
    kill(getpid(), SIGKILL);
    for (;;) pause();
}

static enum verdict judge(int writes) {
    uint64_t number = __atomic_add_fetch(counter, 1, __ATOMIC_SEQ_CST);
    switch (mode) {
    case KILL:
        if (number == at) die();
        return GO_ON;
    case TORN:
        if (number == at && !writes) die();
        return number == at ? HALF_THEN_DIE : GO_ON;
    case EIO_ONCE:
        if (number == at) errno = EIO;
        return number == at ? FAIL : GO_ON;
    case ENOSPC_FROM_NOW:
        if (number == at && writes) return HALF;
        if (number > at && writes) errno = ENOSPC;
        return number > at && writes ? FAIL : GO_ON;
    default:
        return GO_ON;
    }
}

// What is logged, in the order in which it was done:
//   w  data at an offset         t  a file is cut to OFFSET      s  a file or folder is flushed
//   c  a new file, its inode     d  a new folder                 u  a name is removed
//   r  a file is renamed to the path in the data
//   n  what a folder holds when it is flushed, "INODE NAME\n" each: some renaming is done past
//      the C library, and is seen by that
// One line of header, then the path or the data: "w OFFSET LENGTH PATH-LENGTH\nPATHDATA".
static void log_operation(char kind, const char *path, uint64_t offset, const void *data, size_t length) {
    if (log_file < 0) return;
    char head[96];
    int size = snprintf(head, sizeof head, "%c %llu %zu %zu\n", kind, (unsigned long long)offset, length, strlen(path));
    pthread_mutex_lock(&one_at_a_time);
    __typeof__(&write) put = REAL(write);
    if (put(log_file, head, size) < 0 || put(log_file, path, strlen(path)) < 0
        || (length && put(log_file, data, length) < 0)) die();
    pthread_mutex_unlock(&one_at_a_time);
}

static ssize_t half(ssize_t (*put)(int, const void *, size_t), int file, const void *data, size_t size) {
    return put(file, data, size > 1 ? size / 2 : size);
}

ssize_t write(int file, const void *data, size_t size) {
    char path[PATH_MAX];
    if (!path_of(file, path)) return REAL(write)(file, data, size);
    off_t offset = lseek(file, 0, SEEK_CUR);
    switch (judge(1)) {
    case FAIL: return -1;
    case HALF: return half(REAL(write), file, data, size);
    case HALF_THEN_DIE: half(REAL(write), file, data, size); die();
    default: break;
    }
    ssize_t done = REAL(write)(file, data, size);
    if (done > 0) log_operation('w', path, offset, data, done);
    return done;
}

static ssize_t put_at(ssize_t (*put)(int, const void *, size_t, off_t), int file, const void *data, size_t size, off_t offset) {
    char path[PATH_MAX];
    if (!path_of(file, path)) return put(file, data, size, offset);
    size_t part = size > 1 ? size / 2 : size;
    switch (judge(1)) {
    case FAIL: return -1;
    case HALF: return put(file, data, part, offset);
    case HALF_THEN_DIE: put(file, data, part, offset); die();
    default: break;
    }
    ssize_t done = put(file, data, size, offset);
    if (done > 0) log_operation('w', path, offset, data, done);
    return done;
}

ssize_t pwrite(int file, const void *data, size_t size, off_t offset) {
    return put_at(REAL(pwrite), file, data, size, offset);
}

ssize_t pwrite64(int file, const void *data, size_t size, off_t offset) {
    return put_at(REAL(pwrite64), file, data, size, offset);
}

static void log_names(const char *folder) {
    DIR *entries = log_file < 0 ? NULL : opendir(folder);
    if (!entries) return;
    char list[1 << 16];
    size_t size = 0;
    for (struct dirent *entry; (entry = readdir(entries)) && size + 300 < sizeof list;)
        if (entry->d_type == DT_REG)
            size += sprintf(list + size, "%llu %s\n", (unsigned long long)entry->d_ino, entry->d_name);
    closedir(entries);
    log_operation('n', folder, 0, list, size);
}

static int flush(int (*go)(int), int file) {
    char path[PATH_MAX];
    if (!path_of(file, path)) return go(file);
    if (judge(0) == FAIL) return -1;
    struct stat what;
    if (!fstat(file, &what) && S_ISDIR(what.st_mode)) log_names(path);
    int done = go(file);
    if (!done) log_operation('s', path, 0, NULL, 0);
    return done;
}

int fsync(int file) { return flush(REAL(fsync), file); }
int fdatasync(int file) { return flush(REAL(fdatasync), file); }

static int cut(int (*go)(int, off_t), int file, off_t size) {
    char path[PATH_MAX];
    if (!path_of(file, path)) return go(file, size);
    if (judge(0) == FAIL) return -1;
    int done = go(file, size);
    if (!done) log_operation('t', path, size, NULL, 0);
    return done;
}

int ftruncate(int file, off_t size) { return cut(REAL(ftruncate), file, size); }
int ftruncate64(int file, off_t size) { return cut(REAL(ftruncate64), file, size); }

int unlink(const char *path) {
    if (!is_below(path)) return REAL(unlink)(path);
    if (judge(0) == FAIL) return -1;
    int done = REAL(unlink)(path);
    if (!done) log_operation('u', path, 0, NULL, 0);
    return done;
}

int rename(const char *from, const char *to) {
    if (!is_below(from) && !is_below(to)) return REAL(rename)(from, to);
    if (judge(0) == FAIL) return -1;
    int done = REAL(rename)(from, to);
    if (!done) log_operation('r', from, 0, to, strlen(to));
    return done;
}

int mkdir(const char *path, mode_t rights) {
    if (!is_below(path)) return REAL(mkdir)(path, rights);
    if (judge(0) == FAIL) return -1;
    int done = REAL(mkdir)(path, rights);
    if (!done) log_operation('d', path, 0, NULL, 0);
    return done;
}

static int make(int (*go)(const char *, int, ...), const char *path, int flags, mode_t rights) {
    if (!(flags & O_CREAT) || !is_below(path)) return go(path, flags, rights);
    struct stat there;
    int is_new = stat(path, &there) < 0;
    if (is_new && judge(0) == FAIL) return -1;
    int file = go(path, flags, rights);
    if (is_new && file >= 0 && !fstat(file, &there)) log_operation('c', path, there.st_ino, NULL, 0);
    return file;
}

#define RIGHTS(last)                                                                            \
    mode_t rights = 0;                                                                          \
    if (last & O_CREAT) {                                                                       \
        va_list more;                                                                           \
        va_start(more, last);                                                                   \
        rights = va_arg(more, mode_t);                                                          \
        va_end(more);                                                                           \
    }

int open(const char *path, int flags, ...) { RIGHTS(flags) return make(REAL(open), path, flags, rights); }
int open64(const char *path, int flags, ...) { RIGHTS(flags) return make(REAL(open64), path, flags, rights); }
