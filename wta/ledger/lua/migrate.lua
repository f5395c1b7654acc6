-- From format 1 to 2: the order of each stage, each session's counts and the sum of what waits, out of what there is.
-- KEYS: format, pending   ARGV: new format
-- Returns 1, or 0 where there is nothing to do.
if redis.call('GET', KEYS[1]) ~= '1' then return 0 end
for _, id in ipairs(redis.call('ZRANGE', KEYS[2], 0, -1)) do
  local stage, seconds = redis.call('HGET', 'utterance:' .. id, 'stage'), redis.call('HGET', 'utterances:waiting', id)
  local score = redis.call('ZSCORE', KEYS[2], id)
  if seconds then
    redis.call('INCRBY', 'utterances:waiting_ms', math.floor(tonumber(seconds) * 1000 + 0.5))
  end
  if stage == 'audio' or stage == 'text' then
    due(stage, id, score)
    count('session:' .. string.match(id, '^(.*):'), stage, 1)
  end
end
redis.call('SET', KEYS[1], ARGV[1])
return 1
