-- Forget some utterances of a session, and with the last call the session itself: a worker or connection that comes
-- later finds nothing to write to.
-- KEYS: session, events, session_results, results, dead   ARGV: session_id, first_seq, last_seq, deleted_channel or ''
-- Returns how many results were removed.
for seq = tonumber(ARGV[2]), tonumber(ARGV[3]) do
  local id = ARGV[1] .. ':' .. seq
  local entry = redis.call('HGET', 'utterance:' .. id, 'result_entry')
  if entry then redis.call('XDEL', KEYS[4], entry) end
  redis.call('DEL', 'utterance:' .. id, 'utterance:' .. id .. ':audio')
  for _, part in ipairs({':audio', ':request', ':state', ':early'}) do redis.call('DEL', 'live:' .. id .. part) end
  not_due('audio', id)
  not_due('text', id)
  redis.call('ZREM', KEYS[5], id)
end
if ARGV[4] == '' then return 0 end
local removed = 0
for _, entry in ipairs(redis.call('LRANGE', KEYS[3], 0, -1)) do removed = removed + redis.call('XDEL', KEYS[4], entry) end
redis.call('DEL', KEYS[1], KEYS[2], KEYS[3], KEYS[1] .. ':file')
redis.call('PUBLISH', ARGV[4], ARGV[1])
return removed
