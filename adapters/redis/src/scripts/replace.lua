-- Replaces what is kept for a barrier, if it is what was seen, and wakes those who have something to hear.
--
-- KEYS  1 register   string: who has come, as quorate writes it
-- ARGV  1 what was seen, or "" for nothing  2 what takes its place  3 the start of the names of the channels  then for each who is
--       woken: instance:party
--
-- Answers 1 if it was replaced, and otherwise what is there, or "".
local there = redis.call('GET', KEYS[1]) or ''
if there ~= ARGV[1] then
    return there
end
redis.call('SET', KEYS[1], ARGV[2])
for n = 4, #ARGV do
    local instance, party = string.match(ARGV[n], '^(.-):(%d+)$')
    redis.call('PUBLISH', ARGV[3] .. instance, party)
end
return 1
