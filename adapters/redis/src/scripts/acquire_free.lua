-- Grants a claim that wants to hold alone what nobody has anything to do with: the common case, in as few calls as can be.
--
-- KEYS  1 lock  2 counter     as in acquire.lua
-- ARGV  1 "owner label"  2 lease in ms
--
-- Answers the token, or 0: then acquire.lua finds out what is in the way. A counter that is new begins there as well.
if redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then
    local token = redis.call('INCR', KEYS[2])
    if token > 1 then
        return token
    end
    redis.call('DEL', KEYS[1], KEYS[2])
end
return 0
