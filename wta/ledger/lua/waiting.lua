-- Find utterances that wait for the work of one stage and that nobody has tried yet.
-- KEYS: pending   ARGV: stage, limit, most_looked_at
-- Returns {id, ...}. The utterance whose work should have begun first comes first.
local found = {}
for _, id in ipairs(redis.call('ZRANGE', KEYS[1], 0, ARGV[3] - 1)) do
  if #found >= tonumber(ARGV[2]) then break end
  local stage, attempts = unpack(redis.call('HMGET', 'utterance:' .. id, 'stage', 'attempts'))
  if stage == ARGV[1] and attempts == '0' then table.insert(found, id) end
end
return found
