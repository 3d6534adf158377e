-- Grants a claim, or puts it into the line, or says what is in the way.
--
-- KEYS  1 lock     string: "owner label" of who holds alone, as long as nobody waits; it expires with the lease. Or "&": the other keys
--                  say who holds and who waits. While it is not there, nobody does either.
--       2 counter  string: the last token that was granted; never expires. Who holds alone has this one.
--       3 line     sorted set: who waits, in the order in which they came
--       4 alive    sorted set: until when each of them is believed to be there, in ms of the server's clock
--       5 held     sorted set: who holds, and until when
--       6 modes    hash: how they hold, as "mode token label"
-- ARGV  1 owner    instance:claim
--       2 lease    in ms; a lock-delay is in it
--       3 mode     "x" exclusive, "s" shared, or "take/of" permits
--       4 wait     "1" to stay in the line, "0" to be told at once
--       5 label    what the owner is called
--       6 wake     the start of the names of the channels, which end in the instance
--
-- Answers {1, token} granted, {2, ahead, ms until it is worth asking again or 0} waiting, {3} busy, {4, of} other permits.
local lock, counter, line, alive, held, modes = unpack(KEYS)
local owner, lease, mode = ARGV[1], tonumber(ARGV[2]), ARGV[3]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

-- A counter that is new, or that of a server which has lost its data, begins at the clock, in microseconds, and so beyond whatever was
-- granted before.
local function fresh_token()
    local token = redis.call('INCR', counter)
    if token <= 2 then
        token = time[1] * 1000000 + time[2]
        redis.call('SET', counter, string.format('%.0f', token))
    end
    return token
end

local function last_token()
    return tonumber(redis.call('GET', counter)) or fresh_token()
end

local alone = redis.call('GET', lock)
if alone == '&' then
    alone = false
end
if alone then
    if string.sub(alone, 1, #owner + 1) == owner .. ' ' then -- asked again, since the answer was lost
        redis.call('PEXPIRE', lock, lease)
        return { 1, last_token() }
    elseif ARGV[4] == '0' then
        return { 3 }
    end
end

-- A key outlives all that is in it, and no longer than that; and the lock outlives them all.
local function outlive(...)
    for _, key in ipairs({ lock, ... }) do
        if redis.call('PTTL', key) < lease then
            redis.call('PEXPIRE', key, lease)
        end
    end
end

if alone then -- and from now on beside others, if only as who is waited for
    local left = math.max(redis.call('PTTL', lock), 1)
    local other, label = string.match(alone, '^(%S+) (.*)$')
    redis.call('ZADD', held, now + left, other)
    redis.call('HSET', modes, other, string.format('x %.0f %s', last_token(), label))
    for _, key in ipairs({ held, modes }) do
        redis.call('PEXPIRE', key, left)
    end
    redis.call('SET', lock, '&', 'PX', left)
else
    for _, gone in ipairs(redis.call('ZRANGEBYSCORE', alive, '-inf', now)) do
        redis.call('ZREM', alive, gone)
        redis.call('ZREM', line, gone)
    end
    for _, gone in ipairs(redis.call('ZRANGEBYSCORE', held, '-inf', now)) do
        redis.call('ZREM', held, gone)
        redis.call('HDEL', modes, gone)
    end
end

local function take_of(text)
    local take, of = string.match(text, '^(%d+)/(%d+)')
    return tonumber(take), tonumber(of)
end

local mine = redis.call('HGET', modes, owner)
if mine then -- asked again
    redis.call('ZADD', held, now + lease, owner)
    outlive(held, modes)
    return { 1, tonumber(string.match(mine, '^%S+ (%d+) ')) }
end

-- Whether those who hold it bear this one beside them.
local take, of = take_of(mode)
local room, taken = true, 0
for _, other in ipairs(redis.call('HVALS', modes)) do
    local other_take, other_of = take_of(other)
    if of and other_of and of ~= other_of then
        return { 4, other_of }
    end
    if mode == 'x' or string.sub(other, 1, 1) == 'x' or (of == nil) ~= (other_of == nil) then
        room = false
    end
    taken = taken + (other_take or 0)
end
if of and taken + take > of then
    room = false
end

local place = redis.call('ZRANK', line, owner)
local waiting = redis.call('ZCARD', line)
if room and (waiting == 0 or place == 0) then
    local token = fresh_token()
    if place then
        redis.call('ZREM', line, owner)
        redis.call('ZREM', alive, owner)
        waiting = waiting - 1
    end
    if mode == 'x' and waiting == 0 then
        redis.call('SET', lock, owner .. ' ' .. ARGV[5], 'PX', lease)
        return { 1, token }
    end
    redis.call('SET', lock, '&', 'KEEPTTL')
    redis.call('ZADD', held, now + lease, owner)
    redis.call('HSET', modes, owner, string.format('%s %.0f %s', mode, token, ARGV[5]))
    outlive(held, modes)
    local head = mode ~= 'x' and redis.call('ZRANGE', line, 0, 0)[1]
    if head then -- who perhaps has room beside this one
        local instance, claim = string.match(head, '^(.-):(%d+)$')
        redis.call('PUBLISH', ARGV[6] .. instance, claim)
    end
    return { 1, token }
end

if ARGV[4] == '0' then
    return { 3 }
end
if not place then
    local last = redis.call('ZRANGE', line, -1, -1, 'WITHSCORES')
    redis.call('ZADD', line, last[2] and last[2] + 1 or 1, owner)
    place = waiting
end
redis.call('ZADD', alive, now + lease, owner)
redis.call('SET', lock, '&', 'KEEPTTL')
outlive(line, alive)
if place > 0 then
    return { 2, place, 0 }
end
local first = redis.call('ZRANGE', held, 0, 0, 'WITHSCORES')[2]
return { 2, 0, first and math.max(first - now, 0) + 1 or 1 }
