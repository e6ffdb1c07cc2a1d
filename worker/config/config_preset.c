#include "worker/config/config_preset.h"

#include <string.h>

/* Made of the files by CMake. */
extern const char preset_apns[], preset_fcm[], preset_push_gateway[], preset_slack[], preset_twilio_sms[],
    preset_webhook[];

const config_preset config_presets[] = {
    {"apns", "push notifications to Apple devices, through Apple", preset_apns},
    {"fcm", "push notifications through Firebase Cloud Messaging, HTTP v1", preset_fcm},
    {"push_gateway", "push notifications through a gateway of your own: plain JSON, a bearer token",
     preset_push_gateway},
    {"slack", "messages to a channel of Slack, through an incoming webhook", preset_slack},
    {"twilio_sms", "text messages through Twilio, or what speaks as it does", preset_twilio_sms},
    {"webhook", "the rendered step to an endpoint of your own, signed", preset_webhook},
};

const size_t config_preset_count = sizeof config_presets / sizeof config_presets[0];

const config_preset *config_preset_find(const char *name)
{
    for (size_t i = 0; i < config_preset_count; i++) {
        if (strcmp(config_presets[i].name, name) == 0)
            return &config_presets[i];
    }
    return NULL;
}
