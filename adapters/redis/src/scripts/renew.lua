-- Extends what a claim holds, if owner and token are those that hold it.
--
-- KEYS  1 lock  2 counter  3 held  4 modes     as in acquire.lua
-- ARGV  1 owner  2 token  3 lease in ms  4 mode  5 label
--
-- Answers 1 if it is held for another lease from now on, 0 if this claim does not hold it.
local lease = tonumber(ARGV[3])
if ARGV[4] == 'x' then
    local held = redis.call('GET', KEYS[1])
    if held then
        local mine = ARGV[1] .. ' ' .. ARGV[2] .. ' '
        if string.sub(held, 1, #mine) ~= mine then
            return 0
        end
        return redis.call('PEXPIRE', KEYS[1], lease)
    end
    -- A server that knows no token of this resource has lost its data, and granted it to nobody since. Who says that it holds
    -- it is believed, as by any authority that is new.
    if redis.call('EXISTS', KEYS[2], KEYS[3]) == 0 then
        redis.call('SET', KEYS[2], ARGV[2])
        redis.call('SET', KEYS[1], ARGV[1] .. ' ' .. ARGV[2] .. ' ' .. ARGV[5], 'NX', 'PX', lease)
        return 1
    end
    return 0
end

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local mine = redis.call('HGET', KEYS[4], ARGV[1])
local until_when = tonumber(redis.call('ZSCORE', KEYS[3], ARGV[1]) or 0)
if not mine or string.match(mine, '^%S+ (%d+) ') ~= ARGV[2] or until_when <= now then
    return 0
end
redis.call('ZADD', KEYS[3], now + lease, ARGV[1])
for _, key in ipairs({ KEYS[3], KEYS[4] }) do
    if redis.call('PTTL', key) < lease then
        redis.call('PEXPIRE', key, lease)
    end
end
return 1
