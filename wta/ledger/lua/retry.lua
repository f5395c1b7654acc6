-- Let workers try again an utterance that was given up, from the stage in which it failed. Its attempts are counted
-- anew, and its failure is no result any more. It is due at once, so that the reconciler queues it.
-- KEYS: utterance, audio, pending, waiting, dead, results   ARGV: utterance_id, ttl_s, bytes_per_second
-- Returns the stage in which it waits now; 'unknown' where it is not given up; 'no_audio' where its audio is needed but
-- no longer kept.
local id = ARGV[1]
if redis.call('HGET', KEYS[1], 'stage') ~= 'failed' then
  redis.call('ZREM', KEYS[5], id)
  return 'unknown'
end
local heard = redis.call('HEXISTS', KEYS[1], 'text') == 1
local bytes = #(redis.call('GET', KEYS[2]) or '')
if not heard and bytes == 0 then return 'no_audio' end
if redis.call('ZREM', KEYS[5], id) == 0 then return 'unknown' end -- it was dismissed
local stage = heard and 'text' or 'audio'
local entry = redis.call('HGET', KEYS[1], 'result_entry')
if entry then redis.call('XDEL', KEYS[6], entry) end
redis.call('HDEL', KEYS[1], 'reason', 'result_entry')
redis.call('HSET', KEYS[1], 'stage', stage, 'attempts', 0, 'requeues', 0)
redis.call('EXPIRE', KEYS[1], ARGV[2])
if not heard then
  redis.call('EXPIRE', KEYS[2], ARGV[2])
  redis.call('HSET', KEYS[4], id, bytes / tonumber(ARGV[3]))
end
redis.call('ZADD', KEYS[3], redis.call('TIME')[1], id)
return stage
