-- Try an utterance again that was given up, from the stage it failed in: its attempts begin anew, and its failure is
-- no result any more.
-- KEYS: session, utterance, audio, dead, results   ARGV: utterance_id, ttl_s, bytes_per_second
-- Returns the stage in which it waits now, 'unknown' where it is not given up (any more), or 'no_audio' where nothing
-- is left that could be heard.
local id = ARGV[1]
if redis.call('HGET', KEYS[2], 'stage') ~= 'failed' then
  redis.call('ZREM', KEYS[4], id)
  return 'unknown'
end
local heard = redis.call('HEXISTS', KEYS[2], 'text') == 1
local bytes = redis.call('STRLEN', KEYS[3])
if not heard and bytes == 0 then return 'no_audio' end
if redis.call('ZREM', KEYS[4], id) == 0 then return 'unknown' end -- dismissed
local stage = heard and 'text' or 'audio'
local entry = redis.call('HGET', KEYS[2], 'result_entry')
if entry then redis.call('XDEL', KEYS[5], entry) end
redis.call('HDEL', KEYS[2], 'reason', 'result_entry', 'committed_by')
redis.call('HSET', KEYS[2], 'stage', stage, 'attempts', 0)
redis.call('EXPIRE', KEYS[2], ARGV[2])
if not heard then
  redis.call('EXPIRE', KEYS[3], ARGV[2])
  begin_waiting(id, bytes / tonumber(ARGV[3]))
end
due(stage, id, now_s())
count(KEYS[1], stage, 1)
return stage
