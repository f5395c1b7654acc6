-- Move a session's acknowledged sample past silence. It never goes back.
-- KEYS: session   ARGV: epoch, sample, next_seq, ttl_s
-- Returns 1, -1 fenced by a newer connection, -2 where the session is gone, or -3 where the ledger has lost an earlier
-- utterance: it lies before the sample, so that acknowledging would lose it for good.
local epoch = redis.call('HGET', KEYS[1], 'epoch')
if not epoch then return -2 end
if tonumber(epoch) < tonumber(ARGV[1]) then return -3 end -- it has lost that this connection took the session over
if epoch ~= ARGV[1] then return -1 end
if tonumber(redis.call('HGET', KEYS[1], 'next_seq')) < tonumber(ARGV[3]) then return -3 end
if tonumber(ARGV[2]) > tonumber(redis.call('HGET', KEYS[1], 'acked_sample')) then
  redis.call('HSET', KEYS[1], 'acked_sample', ARGV[2])
end
keep(KEYS[1], ARGV[4])
return 1
