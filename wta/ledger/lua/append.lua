-- Write a new utterance, durably and once, and move the session's acknowledged sample in the same step.
-- KEYS: session, utterance, audio, pending, waiting
-- ARGV: epoch, seq, acked_sample, utterance_id, audio, seconds, ttl_s, requeue_s, field, value, ...
-- Returns 1 where it was written; 0 where it was there already; -1 where a newer connection has the session; -2 where
-- the session is gone.
local epoch, seq = redis.call('HGET', KEYS[1], 'epoch'), tonumber(ARGV[2])
if not epoch then return -2 end
if epoch ~= ARGV[1] then return -1 end
if tonumber(redis.call('HGET', KEYS[1], 'next_seq')) ~= seq then return 0 end
local now = redis.call('TIME')
now = tonumber(now[1]) + tonumber(now[2]) / 1e6
redis.call('HSET', KEYS[2], 'stage', 'audio', 'attempts', 0, 'requeues', 0, unpack(ARGV, 9))
redis.call('SET', KEYS[3], ARGV[5])
redis.call('EXPIRE', KEYS[2], ARGV[7])
redis.call('EXPIRE', KEYS[3], ARGV[7])
redis.call('ZADD', KEYS[4], now + tonumber(ARGV[8]), ARGV[4])
redis.call('HSET', KEYS[5], ARGV[4], ARGV[6])
redis.call('HSET', KEYS[1], 'next_seq', seq + 1, 'acked_sample', ARGV[3])
redis.call('EXPIRE', KEYS[1], ARGV[7])
return 1
