-- Take an utterance off the list of those that were given up: it stays failed, and its audio is deleted.
-- KEYS: audio, dead   ARGV: utterance_id
-- Returns 1; 0 where it is not on the list.
if redis.call('ZREM', KEYS[2], ARGV[1]) == 0 then return 0 end
redis.call('DEL', KEYS[1])
return 1
