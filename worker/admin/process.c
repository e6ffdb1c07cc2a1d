#include "worker/admin/process.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

static double seconds_of(const struct timeval *time)
{
    return (double)time->tv_sec + (double)time->tv_usec / 1e6;
}

static double read_cpu(void)
{
    struct rusage usage;
    if (getrusage(RUSAGE_SELF, &usage) != 0)
        return 0;
    return seconds_of(&usage.ru_utime) + seconds_of(&usage.ru_stime);
}

/* The first line; empty where there is none. */
static void read_line(const char *path, char *line, int size)
{
    FILE *file = fopen(path, "re");
    line[0] = '\0';
    if (file == NULL)
        return;
    if (fgets(line, size, file) == NULL)
        line[0] = '\0';
    fclose(file);
}

static void read_memory(process_figures *p)
{
    char line[128];
    unsigned long long virtual_pages, resident_pages;
    long page_bytes = sysconf(_SC_PAGESIZE);
    read_line("/proc/self/statm", line, sizeof line);
    if (page_bytes <= 0 || sscanf(line, "%llu %llu", &virtual_pages, &resident_pages) != 2)
        return;
    p->virtual_bytes = virtual_pages * (uint64_t)page_bytes;
    p->resident_bytes = resident_pages * (uint64_t)page_bytes;
}

static uint64_t count_descriptors(void)
{
    DIR *folder = opendir("/proc/self/fd");
    uint64_t count = 0;
    if (folder == NULL)
        return 0;
    for (const struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder))
        count += entry->d_name[0] != '.';
    closedir(folder);
    return count - 1; /* the folder's own */
}

process_figures process_read(void)
{
    struct rlimit descriptors = {0};
    process_figures p = {.cpu_seconds = read_cpu()};
    read_memory(&p);
    p.open_descriptors = count_descriptors();
    if (getrlimit(RLIMIT_NOFILE, &descriptors) == 0)
        p.descriptors_max = (uint64_t)descriptors.rlim_cur;
    return p;
}

static double now_seconds(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* The kernel counts it in ticks since the machine's start. */
double process_start(void)
{
    enum { FIELDS_AFTER_NAME = 20 }; /* from the one behind the name, which may hold anything, to starttime */
    char line[1024];
    read_line("/proc/self/stat", line, sizeof line);
    const char *field = strrchr(line, ')');
    for (int i = 0; i < FIELDS_AFTER_NAME && field != NULL; i++)
        field = strchr(field + 1, ' ');
    unsigned long long ticks;
    long ticks_a_second = sysconf(_SC_CLK_TCK);
    if (field == NULL || ticks_a_second <= 0 || sscanf(field, "%llu", &ticks) != 1)
        return 0;
    double age = now_seconds(CLOCK_BOOTTIME) - (double)ticks / (double)ticks_a_second;
    return now_seconds(CLOCK_REALTIME) - age;
}
