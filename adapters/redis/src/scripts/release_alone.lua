-- Ends a claim that holds alone and that nobody waits for: the common case, in as few calls as can be.
--
-- KEYS  1 lock                as in acquire.lua
-- ARGV  1 "owner label"
--
-- Answers 1, or 0 if that is not how the claim stands: then release.lua ends whatever it has.
if redis.call('GET', KEYS[1]) == ARGV[1] then
    return redis.call('DEL', KEYS[1])
end
return 0
