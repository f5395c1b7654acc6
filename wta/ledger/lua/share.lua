-- Give a session a read-only link in place of an earlier one, or none any more.
-- KEYS: session   ARGV: hash of the link's token or '', ttl_s
-- Returns 1, or 0 where the session is gone.
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
if ARGV[1] == '' then
  redis.call('HDEL', KEYS[1], 'link_hash', 'link_until')
else
  redis.call('HSET', KEYS[1], 'link_hash', ARGV[1], 'link_until', string.format('%.3f', now_s() + ARGV[2]))
end
return 1
