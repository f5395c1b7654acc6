-- How many utterances wait for a stage, in nobody's hand. Those that are gone leave the order, the oldest hundred at a time.
-- KEYS: due   ARGV: stage
local now = now_s()
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, 100)) do
  local at = redis.call('HGET', 'utterance:' .. id, 'stage')
  if not at then not_due(ARGV[1], id) elseif at ~= ARGV[1] then redis.call('ZREM', KEYS[1], id) end
end
return redis.call('ZCOUNT', KEYS[1], '-inf', now)
