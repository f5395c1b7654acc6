-- Move a session's acknowledged sample past silence. It never goes back.
-- KEYS: session   ARGV: epoch, sample
-- Returns 1, or -1 fenced by a newer connection.
if redis.call('HGET', KEYS[1], 'epoch') ~= ARGV[1] then return -1 end
if tonumber(ARGV[2]) > tonumber(redis.call('HGET', KEYS[1], 'acked_sample')) then
  redis.call('HSET', KEYS[1], 'acked_sample', ARGV[2])
end
return 1
