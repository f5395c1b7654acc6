-- Let an utterance rest that was given up: it stays failed, and its audio goes.
-- KEYS: audio, dead   ARGV: utterance_id
-- Returns 1, or 0 where it is not given up (any more).
if redis.call('ZREM', KEYS[2], ARGV[1]) == 0 then return 0 end
redis.call('DEL', KEYS[1])
return 1
