-- Who holds alone.
--
-- KEYS  1 lock  2 counter  3 held  4 modes     as in acquire.lua
--
-- Answers {token, label}, or nothing if nobody does.
local alone = redis.call('GET', KEYS[1])
if not alone then
    return false
elseif alone ~= '&' then
    return { redis.call('GET', KEYS[2]), string.match(alone, '^%S+ (.*)$') }
end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
for _, owner in ipairs(redis.call('ZRANGEBYSCORE', KEYS[3], '(' .. string.format('%.0f', now), '+inf')) do
    local token, label = string.match(redis.call('HGET', KEYS[4], owner) or '', '^x (%d+) (.*)$')
    if token then
        return { token, label }
    end
end
return false
