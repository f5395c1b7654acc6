-- Put a delivery off by after_s. Does nothing where it is no longer owed.
-- KEYS: pending   ARGV: delivery_id, after_s
local now = redis.call('TIME')
redis.call('ZADD', KEYS[1], 'XX', tonumber(now[1]) + tonumber(now[2]) / 1e6 + tonumber(ARGV[2]), ARGV[1])
