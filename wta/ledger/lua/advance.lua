-- Commit the work of one stage. Everything that follows from it happens in this one step, and only once.
-- KEYS: utterance, audio, pending, waiting, events, results, dead
-- ARGV: utterance_id, from_stage, to_stage, final (1 or 0), event, result, ttl_s, requeue_s, results_maxlen,
--       keep_audio_s, session_id, wakeup_channel, result_channel, field, value, ...
-- Returns 1; 0 where another worker was first.
if redis.call('HGET', KEYS[1], 'stage') ~= ARGV[2] then return 0 end
local id, ttl = ARGV[1], ARGV[7]
local now = redis.call('TIME')
now = tonumber(now[1]) + tonumber(now[2]) / 1e6
redis.call('HSET', KEYS[1], 'stage', ARGV[3], 'attempts', 0, 'requeues', 0, unpack(ARGV, 14))
redis.call('HDEL', KEYS[1], 'owner', 'lease_until')
redis.call('HDEL', KEYS[4], id)
if ARGV[10] == '0' then redis.call('DEL', KEYS[2]) else redis.call('EXPIRE', KEYS[2], ARGV[10]) end
if ARGV[4] == '1' then
  redis.call('ZREM', KEYS[3], id)
  redis.call('EXPIRE', KEYS[1], ttl)
else
  redis.call('ZADD', KEYS[3], now + tonumber(ARGV[8]), id)
end
if ARGV[3] == 'failed' then
  redis.call('ZADD', KEYS[7], now, id)
  redis.call('ZREMRANGEBYSCORE', KEYS[7], '-inf', now - ttl) -- utterances that Redis has forgotten by now
end
if ARGV[5] ~= '' then
  redis.call('XADD', KEYS[5], 'MAXLEN', '~', 10000, '*', 'json', ARGV[5])
  redis.call('EXPIRE', KEYS[5], ttl)
  redis.call('PUBLISH', ARGV[12], ARGV[11])
end
if ARGV[6] ~= '' then
  local entry = redis.call('XADD', KEYS[6], 'MAXLEN', '~', ARGV[9], '*', 'json', ARGV[6])
  redis.call('HSET', KEYS[1], 'result_entry', entry) -- to find it when the session is deleted
  redis.call('PUBLISH', ARGV[13], ARGV[6])
  local minute = 'dashboard:minute:' .. math.floor(now / 60) -- the dashboard's counts (minutes.py)
  local label, start_s, end_s = unpack(redis.call('HMGET', KEYS[1], 'label', 'start_s', 'end_s'))
  redis.call('HINCRBY', minute, ARGV[3], 1)
  redis.call('HINCRBY', minute, 'audio_ms', math.floor((end_s - start_s) * 1000 + 0.5))
  if label then redis.call('HINCRBY', minute, label, 1) end
  redis.call('EXPIRE', minute, 7200)
end
return 1
