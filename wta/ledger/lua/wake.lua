-- See to it that there is a wake-up for what waits: a lost Celery message costs no more than the second until this runs.
-- KEYS: due, queue   ARGV: stage, wake-up, most_wakeups
-- Returns how many wake-ups were sent. Utterances that are gone leave the order, the oldest hundred at a time.
local now = now_s()
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, 100)) do
  local at = redis.call('HGET', 'utterance:' .. id, 'stage')
  if not at then not_due(ARGV[1], id) elseif at ~= ARGV[1] then redis.call('ZREM', KEYS[1], id) end
end
local wanted = math.min(redis.call('ZCOUNT', KEYS[1], '-inf', now), tonumber(ARGV[3])) - redis.call('LLEN', KEYS[2])
local sent = 0
while sent < wanted and wake(KEYS[2], ARGV[2], tonumber(ARGV[3])) do sent = sent + 1 end
return sent
