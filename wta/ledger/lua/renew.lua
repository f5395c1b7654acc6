-- Keep a lease alive, or (lease_s = how long to wait) give it back so that the reconciler queues the utterance again.
-- KEYS: utterance, pending   ARGV: owner, lease_s, utterance_id, release (1 or 0)
-- Returns 1, or 0 where the lease is somebody else's by now.
if redis.call('HGET', KEYS[1], 'owner') ~= ARGV[1] then return 0 end
local now = redis.call('TIME')
now = tonumber(now[1]) + tonumber(now[2]) / 1e6
local due = now + tonumber(ARGV[2])
if ARGV[4] == '1' then
  redis.call('HDEL', KEYS[1], 'owner', 'lease_until')
else
  redis.call('HSET', KEYS[1], 'lease_until', string.format('%.6f', due))
end
redis.call('ZADD', KEYS[2], due, ARGV[3])
return 1
