-- Ends a claim, whether it holds or waits, and tells the first in line. It ends the claim that it names and no other, so it can
-- come late or twice.
--
-- KEYS  1 lock  2 line  3 alive  4 held  5 modes     as in acquire.lua
-- ARGV  1 owner  2 token, or "" for whatever the claim has  3 wake
--
-- Answers 1 if the claim held the resource, 0 if not.
local lock, line, alive, held, modes = unpack(KEYS)
local owner, token = ARGV[1], ARGV[2]

local alone = redis.call('GET', lock)
if alone ~= '&' then -- whoever holds alone has one token, and nobody waits
    if alone and string.sub(alone, 1, #owner + 1) == owner .. ' ' then
        return redis.call('DEL', lock)
    end
    return 0
end

local ended, waited = 0, 0
local mine = redis.call('HGET', modes, owner)
if mine and (token == '' or string.match(mine, '^%S+ (%d+) ') == token) then
    redis.call('HDEL', modes, owner)
    ended = redis.call('ZREM', held, owner)
end
if token == '' then
    waited = redis.call('ZREM', line, owner)
    redis.call('ZREM', alive, owner)
end
if ended + waited == 0 then
    return 0
end

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
for _, gone in ipairs(redis.call('ZRANGEBYSCORE', alive, '-inf', now)) do
    redis.call('ZREM', alive, gone)
    redis.call('ZREM', line, gone)
end
local head = redis.call('ZRANGE', line, 0, 0)[1]
if head then
    local instance, claim = string.match(head, '^(.-):(%d+)$')
    redis.call('PUBLISH', ARGV[3] .. instance, claim)
elseif redis.call('EXISTS', held) == 0 then
    redis.call('DEL', lock)
end
return ended
