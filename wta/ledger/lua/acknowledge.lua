-- Move a session's acknowledged sample past silence. It never goes back.
-- KEYS: session   ARGV: epoch, sample
-- Returns 1; -1 where a newer connection has the session; -2 where the session is gone.
local epoch = redis.call('HGET', KEYS[1], 'epoch')
if not epoch then return -2 end
if epoch ~= ARGV[1] then return -1 end
if tonumber(ARGV[2]) > tonumber(redis.call('HGET', KEYS[1], 'acked_sample')) then
  redis.call('HSET', KEYS[1], 'acked_sample', ARGV[2])
end
return 1
