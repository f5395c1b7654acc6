-- Owe deliveries for the results up to a new cursor, and move the cursor in the same step: none is owed twice or never.
-- KEYS: cursor, pending   ARGV: cursor as it was read, new cursor, delivery_id, ...
-- Returns 1, or 0 where another process was first.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
local now = redis.call('TIME')
for i = 3, #ARGV do redis.call('ZADD', KEYS[2], 'NX', now[1], ARGV[i]) end
redis.call('SET', KEYS[1], ARGV[2])
return 1
