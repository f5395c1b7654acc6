-- Keep a lease alive, or (lease_s = how long to wait) give it back, so that the utterance is claimed again after that.
-- KEYS: utterance   ARGV: owner, lease_s, utterance_id, release (1 or 0)
-- Returns 1, or 0 where the lease is somebody else's by now.
if redis.call('HGET', KEYS[1], 'owner') ~= ARGV[1] then return 0 end
local at = now_s() + tonumber(ARGV[2])
local stage, start_s, end_s = unpack(redis.call('HMGET', KEYS[1], 'stage', 'start_s', 'end_s'))
if ARGV[4] == '1' then
  redis.call('HDEL', KEYS[1], 'owner', 'lease_until')
  if stage == 'audio' then begin_waiting(ARGV[3], end_s - start_s) end
else
  redis.call('HSET', KEYS[1], 'lease_until', string.format('%.6f', at))
end
due(stage, ARGV[3], at)
return 1
