/* At most 100 items leave with one append, so that a bound that was lowered does not keep Redis busy.
 *
 * The keys expire by themselves when nothing is appended for longer than an item is kept. That time is
 * renewed, and items are looked at for their age, only once it has shrunk by a 64th of itself: three writes
 * and a search that nearly every append goes without. */
#include "worker/channel/inbox/inbox_script.h"

const char inbox_script_append[] =
    "local call, id, now = redis.call, ARGV[1], ARGV[3]\n"
    "local items, index, unread, gone = KEYS[1], KEYS[2], KEYS[3], KEYS[4]\n"
    "local kept, max_age, memory = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])\n"
    "if call('ZSCORE', gone, id) or call('HSETNX', items, id, ARGV[2]) == 0 then\n"
    "    return 0\n"
    "end\n"
    "call('ZADD', index, now, id)\n"
    "call('ZADD', unread, now, id)\n"
    "local leaving, life = {}, math.max(max_age, memory)\n"
    "if call('PTTL', index) < life then\n"
    "    for i = 1, 3 do\n"
    "        call('PEXPIRE', KEYS[i], life + math.ceil(life / 64))\n"
    "    end\n"
    "    leaving = call('ZRANGEBYSCORE', index, '-inf', now - max_age, 'LIMIT', 0, 100)\n"
    "end\n"
    "local over = call('ZCARD', index) - kept\n"
    "if over > #leaving then\n"
    "    leaving = call('ZRANGE', index, 0, math.min(over, 100) - 1)\n"
    "end\n"
    "if #leaving > 0 then\n"
    "    for _, old in ipairs(leaving) do\n"
    "        call('ZADD', gone, now, old)\n"
    "    end\n"
    "    call('HDEL', items, unpack(leaving))\n"
    "    call('ZREM', index, unpack(leaving))\n"
    "    call('ZREM', unread, unpack(leaving))\n"
    "    call('ZREMRANGEBYSCORE', gone, '-inf', now - memory)\n"
    "    call('PEXPIRE', gone, memory)\n"
    "end\n"
    "call('PUBLISH', ARGV[7],\n"
    "     '{\"event\":\"appended\",\"id\":\"' .. id .. '\",\"unread\":' .. call('ZCARD', unread) .. '}')\n"
    "return 1\n";

const char inbox_script_append_sha1[] = "73bfa6c4497aa81cdd1d411898eae614412c5530";

/* Other writers may remember longer than this one, so that what `gone` has is never forgotten here. */
const char inbox_script_settle[] =
    "local call, event, id = redis.call, ARGV[1], ARGV[2]\n"
    "local items, index, unread, gone = KEYS[1], KEYS[2], KEYS[3], KEYS[4]\n"
    "if not call('ZSCORE', index, id) then\n"
    "    return -1\n"
    "end\n"
    "local changed = call('ZREM', unread, id)\n"
    "if event == 'archived' then\n"
    "    changed = 1\n"
    "    call('HDEL', items, id)\n"
    "    call('ZREM', index, id)\n"
    "    call('ZADD', gone, ARGV[3], id)\n"
    "    if call('PTTL', gone) < tonumber(ARGV[4]) then\n"
    "        call('PEXPIRE', gone, ARGV[4])\n"
    "    end\n"
    "end\n"
    "if changed == 1 then\n"
    "    call('PUBLISH', ARGV[5], cjson.encode({event = event, id = id, unread = call('ZCARD', unread)}))\n"
    "end\n"
    "return changed\n";
