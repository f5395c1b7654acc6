-- Take one delivery for hold_s and count the attempt.
-- KEYS: pending, delivery   ARGV: delivery_id, hold_s, ttl_s
-- Returns the number of this attempt, or 0 where it is over, in hand elsewhere, or not due again yet.
if not redis.call('ZSCORE', KEYS[1], ARGV[1]) then return 0 end
local now = redis.call('TIME')
now = tonumber(now[1]) + tonumber(now[2]) / 1e6
if now < tonumber(redis.call('HGET', KEYS[2], 'not_before') or 0) then return 0 end
redis.call('ZADD', KEYS[1], now + tonumber(ARGV[2]), ARGV[1])
redis.call('HSET', KEYS[2], 'not_before', now + tonumber(ARGV[2]))
redis.call('EXPIRE', KEYS[2], ARGV[3])
return redis.call('HINCRBY', KEYS[2], 'attempts', 1)
