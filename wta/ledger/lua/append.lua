-- Write a new utterance, durably and once, and move the session's acknowledged sample with it.
-- KEYS: session, utterance, audio
-- ARGV: epoch, seq, acked_sample, utterance_id, audio, seconds, ttl_s, field, value, ...
-- Returns 1 written, 0 it was there already, -1 fenced by a newer connection, -2 the session is gone, -3 the ledger has
-- lost an earlier utterance of this session (a failover, a restored backup): what is said cannot follow on it.
local epoch, seq = redis.call('HGET', KEYS[1], 'epoch'), tonumber(ARGV[2])
if not epoch then return -2 end
if tonumber(epoch) < tonumber(ARGV[1]) then return -3 end -- it has lost that this connection took the session over
if epoch ~= ARGV[1] then return -1 end
local next_seq = tonumber(redis.call('HGET', KEYS[1], 'next_seq'))
if next_seq > seq then return 0 end
if next_seq < seq then return -3 end
redis.call('HSET', KEYS[2], 'stage', 'audio', 'attempts', 0, unpack(ARGV, 8))
redis.call('SET', KEYS[3], ARGV[5])
redis.call('EXPIRE', KEYS[2], ARGV[7])
redis.call('EXPIRE', KEYS[3], ARGV[7])
due('audio', ARGV[4], now_s())
begin_waiting(ARGV[4], ARGV[6])
redis.call('HSET', KEYS[1], 'next_seq', seq + 1, 'acked_sample', ARGV[3])
count(KEYS[1], 'audio', 1)
keep(KEYS[1], ARGV[7])
return 1
