-- Find utterances on which nobody works, and put off their next check for an ever longer time, so that a long queue is
-- not filled with copies of itself.
-- KEYS: pending, waiting   ARGV: limit, requeue_s, longest_s
-- Returns {id, stage, id, stage, ...}. Utterances that are gone or finished are removed from both keys.
local now = redis.call('TIME')
now = tonumber(now[1]) + tonumber(now[2]) / 1e6
local found = {}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, ARGV[1])) do
  local key = 'utterance:' .. id
  local stage = redis.call('HGET', key, 'stage')
  if stage == 'audio' or stage == 'text' then
    local requeues = redis.call('HINCRBY', key, 'requeues', 1)
    local wait = math.min(tonumber(ARGV[2]) * 2 ^ (requeues - 1), tonumber(ARGV[3]))
    redis.call('ZADD', KEYS[1], now + wait, id)
    table.insert(found, id)
    table.insert(found, stage)
  else
    redis.call('ZREM', KEYS[1], id)
    redis.call('HDEL', KEYS[2], id)
  end
end
return found
