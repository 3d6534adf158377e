-- Grants a claim, or puts it into the line, or says what is in the way.
--
-- KEYS  1 lock     string: the one exclusive holder, as "owner token label"; expires with its lease
--       2 counter  string: the last token that was granted; never expires
--       3 line     sorted set: who waits, in the order in which they came
--       4 alive    sorted set: until when each of them is believed to be there, in ms of the server's clock
--       5 held     sorted set: who holds beside others, and until when
--       6 modes    hash: how they hold, as "mode token label"
-- ARGV  1 owner    instance:claim
--       2 lease    in ms; a lock-delay is in it
--       3 mode     "x" exclusive, "s" shared, or "take/of" permits
--       4 wait     "1" to stay in the line, "0" to be told at once
--       5 label    what the owner is called
--       6 wake     the start of the names of the channels, which end in the instance
--
-- Answers {1, token} granted, {2, ahead, ms until it is worth asking again or 0} waiting, {3} busy, {4, of} other permits.
local owner, mode = ARGV[1], ARGV[3]

-- The common case, in as few calls as can be: nobody holds it, nobody waits. A token that is not the first is the one after the last.
if mode == 'x' and redis.call('EXISTS', KEYS[1], KEYS[3], KEYS[5]) == 0 then
    local token = redis.call('INCR', KEYS[2])
    if token > 1 then
        redis.call('SET', KEYS[1], string.format('%s %.0f %s', owner, token, ARGV[5]), 'NX', 'PX', ARGV[2])
        return { 1, token }
    end
end

-- Otherwise the counter is new, or the server has lost its data: it begins at the clock, in microseconds, and so beyond whatever was
-- granted before.
local function fresh_token(time)
    local token = redis.call('INCR', KEYS[2])
    if token <= 2 then
        token = time[1] * 1000000 + time[2]
        redis.call('SET', KEYS[2], string.format('%.0f', token))
    end
    return token
end

local lease = tonumber(ARGV[2])

local function grant_exclusive(time)
    local token = fresh_token(time)
    redis.call('SET', KEYS[1], string.format('%s %.0f %s', owner, token, ARGV[5]), 'NX', 'PX', lease)
    return { 1, token }
end

local held = redis.call('GET', KEYS[1])
if held then
    local holder, token = string.match(held, '^(%S+) (%d+) ')
    if holder == owner then -- asked again, since the answer was lost
        redis.call('PEXPIRE', KEYS[1], lease)
        return { 1, tonumber(token) }
    end
end

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
for _, gone in ipairs(redis.call('ZRANGEBYSCORE', KEYS[4], '-inf', now)) do
    redis.call('ZREM', KEYS[4], gone)
    redis.call('ZREM', KEYS[3], gone)
end
for _, gone in ipairs(redis.call('ZRANGEBYSCORE', KEYS[5], '-inf', now)) do
    redis.call('ZREM', KEYS[5], gone)
    redis.call('HDEL', KEYS[6], gone)
end

-- A key outlives all that is in it, and no longer than that.
local function outlive(key)
    if redis.call('PTTL', key) < lease then
        redis.call('PEXPIRE', key, lease)
    end
end

local function wake_head()
    local head = redis.call('ZRANGE', KEYS[3], 0, 0)[1]
    if head then
        local instance, claim = string.match(head, '^(.-):(%d+)$')
        redis.call('PUBLISH', ARGV[6] .. instance, claim)
    end
end

local function take_of(text)
    local take, of = string.match(text, '^(%d+)/(%d+)')
    return tonumber(take), tonumber(of)
end

local take, of = take_of(mode)
local mine = redis.call('HGET', KEYS[6], owner)
if mine then -- asked again
    redis.call('ZADD', KEYS[5], now + lease, owner)
    outlive(KEYS[5])
    outlive(KEYS[6])
    return { 1, tonumber(string.match(mine, '^%S+ (%d+) ')) }
end

-- Whether those who hold it bear this one beside them.
local room = not held
local taken = 0
if mode == 'x' then
    room = room and redis.call('EXISTS', KEYS[5]) == 0
else
    for _, other in ipairs(redis.call('HVALS', KEYS[6])) do
        local other_take, other_of = take_of(other)
        if of and other_of and of ~= other_of then
            return { 4, other_of }
        end
        if (of == nil) ~= (other_of == nil) then
            room = false
        end
        taken = taken + (other_take or 0)
    end
    if of and taken + take > of then
        room = false
    end
end

local place = redis.call('ZRANK', KEYS[3], owner)
local line = redis.call('ZCARD', KEYS[3])
if room and (line == 0 or place == 0) then
    if place then
        redis.call('ZREM', KEYS[3], owner)
        redis.call('ZREM', KEYS[4], owner)
    end
    if mode == 'x' then
        return grant_exclusive(time)
    end
    local token = fresh_token(time)
    redis.call('ZADD', KEYS[5], now + lease, owner)
    redis.call('HSET', KEYS[6], owner, mode .. ' ' .. string.format('%.0f', token) .. ' ' .. ARGV[5])
    outlive(KEYS[5])
    outlive(KEYS[6])
    wake_head() -- who perhaps has room beside this one
    return { 1, token }
end

if ARGV[4] == '0' then
    return { 3 }
end
if not place then
    local last = redis.call('ZRANGE', KEYS[3], -1, -1, 'WITHSCORES')
    redis.call('ZADD', KEYS[3], last[2] and last[2] + 1 or 1, owner)
    place = line
end
redis.call('ZADD', KEYS[4], now + lease, owner)
outlive(KEYS[3])
outlive(KEYS[4])
if place > 0 then
    return { 2, place, 0 }
end
local again = redis.call('PTTL', KEYS[1])
local first = redis.call('ZRANGE', KEYS[5], 0, 0, 'WITHSCORES')
if first[2] then
    again = first[2] - now
end
return { 2, 0, math.max(again, 0) + 1 }
