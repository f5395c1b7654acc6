-- Keep a lease for another lease_s seconds. With release = 1, give it back instead: the reconciler queues the utterance
-- again after lease_s seconds.
-- KEYS: utterance, pending   ARGV: owner, lease_s, utterance_id, release (1 or 0)
-- Returns 1; 0 where another worker has the lease by now.
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
