-- Forget a session and everything that was made of it, in one step. A worker or connection that comes later finds
-- nothing that it could write to.
-- KEYS: session, events, pending, dead, waiting, results   ARGV: session_id, deleted_channel
-- Returns 1; 0 where there is no such session.
local next_seq = tonumber(redis.call('HGET', KEYS[1], 'next_seq'))
if not next_seq then return 0 end
for seq = 1, next_seq do -- number next_seq is the utterance that somebody may be speaking now
  local id = ARGV[1] .. ':' .. seq
  local entry = redis.call('HGET', 'utterance:' .. id, 'result_entry')
  if entry then redis.call('XDEL', KEYS[6], entry) end
  redis.call('DEL', 'utterance:' .. id, 'utterance:' .. id .. ':audio')
  for _, part in ipairs({':audio', ':state', ':early'}) do redis.call('DEL', 'live:' .. id .. part) end
  redis.call('ZREM', KEYS[3], id)
  redis.call('ZREM', KEYS[4], id)
  redis.call('HDEL', KEYS[5], id)
end
redis.call('DEL', KEYS[1], KEYS[2], KEYS[1] .. ':file')
redis.call('PUBLISH', ARGV[2], ARGV[1])
return 1
