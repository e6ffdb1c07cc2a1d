/* config_preset: ready settings of providers that many people use: one file each in schemas/providers, part
 * of the program. A section [provider.NAME] with `preset` takes from there what it does not say itself. */
#ifndef WORKER_CONFIG_PRESET_H
#define WORKER_CONFIG_PRESET_H

#include <stddef.h>

typedef struct config_preset {
    const char *name;
    const char *summary; /* one line */
    const char *text;    /* a section, as it would stand in a configuration, with its comments */
} config_preset;

extern const config_preset config_presets[];
extern const size_t config_preset_count;

/* NULL where there is none. */
const config_preset *config_preset_find(const char *name);

#endif
