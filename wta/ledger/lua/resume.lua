-- Hand a session to a new connection: whoever held it before may write no more.
-- KEYS: session   ARGV: token_hash, ttl_s
-- Returns {epoch, sample_rate_hz, options, acked_sample, next_seq, opened_s}, or nil where the token is not this session's.
if redis.call('HGET', KEYS[1], 'token_hash') ~= ARGV[1] then return nil end
local epoch = redis.call('HINCRBY', KEYS[1], 'epoch', 1)
keep(KEYS[1], ARGV[2])
local h = redis.call('HMGET', KEYS[1], 'sample_rate_hz', 'options', 'acked_sample', 'next_seq', 'opened_s')
return {epoch, h[1], h[2] or '{}', h[3], h[4], h[5] or ''}
