-- Extends what a claim holds, if owner and token are those that hold it.
--
-- KEYS  1 lock  2 counter  3 held  4 modes     as in acquire.lua
-- ARGV  1 owner  2 token  3 lease in ms  4 mode  5 label
--
-- Answers 1 if it is held for another lease from now on, 0 if this claim does not hold it.
local lock, counter, held, modes = unpack(KEYS)
local owner, token, lease = ARGV[1], ARGV[2], tonumber(ARGV[3])

local alone = redis.call('GET', lock)
if alone and alone ~= '&' then
    local last = redis.call('GET', counter)
    if string.sub(alone, 1, #owner + 1) ~= owner .. ' ' or last and last ~= token then
        return 0
    elseif not last then
        redis.call('SET', counter, token)
    end
    return redis.call('PEXPIRE', lock, lease)
end
-- A server that knows no token of this resource has lost its data, and granted it to nobody since. Who says that it holds it alone is
-- believed, as by any authority that is new.
if not alone then
    if ARGV[4] == 'x' and redis.call('EXISTS', counter) == 0 then
        redis.call('SET', counter, token)
        redis.call('SET', lock, owner .. ' ' .. ARGV[5], 'PX', lease)
        return 1
    end
    return 0
end

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local mine = redis.call('HGET', modes, owner)
local until_when = tonumber(redis.call('ZSCORE', held, owner) or 0)
if not mine or string.match(mine, '^%S+ (%d+) ') ~= token or until_when <= now then
    return 0
end
redis.call('ZADD', held, now + lease, owner)
for _, key in ipairs({ lock, held, modes }) do
    if redis.call('PTTL', key) < lease then
        redis.call('PEXPIRE', key, lease)
    end
end
return 1
