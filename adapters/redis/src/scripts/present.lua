-- Says that a client is there, and finds out which others are.
--
-- KEYS  1 present:instance   string, of this client; expires when it has not been said for so long   then those of the others
-- ARGV  1 for how long, in ms
--
-- Answers 1 or 0 for each of the others.
redis.call('SET', KEYS[1], '', 'PX', ARGV[1])
local there = {}
for n = 2, #KEYS do
    there[n - 1] = redis.call('EXISTS', KEYS[n])
end
return there
