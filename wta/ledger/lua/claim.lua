-- Take the lease of an utterance for the work of one stage.
-- KEYS: utterance, audio, pending, waiting   ARGV: stage, owner, lease_s, max_attempts, utterance_id
-- Returns {status, fields, audio}, or {status} alone where there is nothing to do.
local stage = redis.call('HGET', KEYS[1], 'stage')
if not stage then
  redis.call('ZREM', KEYS[3], ARGV[5])
  redis.call('HDEL', KEYS[4], ARGV[5]) -- otherwise it would count for ever as audio that waits
  return {'missing'}
end
if stage ~= ARGV[1] then return {'past'} end
local now = redis.call('TIME')
now = tonumber(now[1]) + tonumber(now[2]) / 1e6
local lease = tonumber(redis.call('HGET', KEYS[1], 'lease_until') or '0')
local owner = redis.call('HGET', KEYS[1], 'owner')
-- A worker that asks for its own lease again has lost the task that it had: it may begin again at once.
if lease > now and owner ~= ARGV[2] then return {'busy'} end
local attempts = redis.call('HINCRBY', KEYS[1], 'attempts', 1)
-- The message has arrived, so that only the end of this worker can lose it now. Then it is queued again at once.
redis.call('HSET', KEYS[1], 'requeues', 0, 'owner', ARGV[2], 'lease_until', string.format('%.6f', now + tonumber(ARGV[3])))
redis.call('ZADD', KEYS[3], now + tonumber(ARGV[3]), ARGV[5])
local status = 'claimed'
if attempts > tonumber(ARGV[4]) then status = 'exhausted' end
return {status, redis.call('HGETALL', KEYS[1]), redis.call('GET', KEYS[2]) or ''}
