-- Not before after_s from now.
-- KEYS: pending, delivery   ARGV: delivery_id, after_s
local now = redis.call('TIME')
now = tonumber(now[1]) + tonumber(now[2]) / 1e6 + tonumber(ARGV[2])
redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('HSET', KEYS[2], 'not_before', now)
