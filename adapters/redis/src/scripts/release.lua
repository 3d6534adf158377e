-- Ends a claim, whether it holds or waits, and tells the first in line. It ends the claim that it names and no other, so it can
-- come late or twice.
--
-- KEYS  1 lock  2 line  3 alive  4 held  5 modes     as in acquire.lua
-- ARGV  1 owner  2 token, or "" for whatever the claim has  3 mode  4 wake
--
-- Answers 1 if the claim held the resource, 0 if not.
local owner, token = ARGV[1], ARGV[2]
local ended = 0
if ARGV[3] == 'x' then
    local held = redis.call('GET', KEYS[1])
    local mine = token == '' and owner .. ' ' or owner .. ' ' .. token .. ' '
    if held and string.sub(held, 1, #mine) == mine then
        ended = redis.call('DEL', KEYS[1])
    end
else
    local mine = redis.call('HGET', KEYS[5], owner)
    if mine and (token == '' or string.match(mine, '^%S+ (%d+) ') == token) then
        redis.call('HDEL', KEYS[5], owner)
        ended = redis.call('ZREM', KEYS[4], owner)
    end
end

if redis.call('EXISTS', KEYS[2]) == 1 then
    local waited = 0
    if token == '' then
        waited = redis.call('ZREM', KEYS[2], owner)
        redis.call('ZREM', KEYS[3], owner)
    end
    if ended + waited > 0 then
        local time = redis.call('TIME')
        local now = time[1] * 1000 + math.floor(time[2] / 1000)
        for _, gone in ipairs(redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', now)) do
            redis.call('ZREM', KEYS[3], gone)
            redis.call('ZREM', KEYS[2], gone)
        end
        local head = redis.call('ZRANGE', KEYS[2], 0, 0)[1]
        if head then
            local instance, claim = string.match(head, '^(.-):(%d+)$')
            redis.call('PUBLISH', ARGV[4] .. instance, claim)
        end
    end
end
return ended
