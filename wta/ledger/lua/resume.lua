-- Hand a session to a new connection: whoever held it before may write no more.
-- KEYS: session   ARGV: token_hash, ttl_s, unused_ttl_s of a session that has brought nothing yet
-- Returns {epoch, sample_rate_hz, options, acked_sample, next_seq, age_s, key}, or nil where the token is not this session's.
if redis.call('HGET', KEYS[1], 'token_hash') ~= ARGV[1] then return nil end
local epoch = redis.call('HINCRBY', KEYS[1], 'epoch', 1)
local h = redis.call('HMGET', KEYS[1], 'sample_rate_hz', 'options', 'acked_sample', 'next_seq', 'opened_s', 'key')
local unused = h[3] == '0' and h[4] == '1'
keep(KEYS[1], unused and ARGV[3] or ARGV[2])
local age_s = math.max(0, now_s() - tonumber(h[5] or now_s()))
return {epoch, h[1], h[2] or '{}', h[3], h[4], string.format('%.3f', age_s), h[6] or ''}
