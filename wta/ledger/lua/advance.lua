-- Commit one stage's work: whatever follows from it happens in this one step, and only once.
-- KEYS: session, utterance, audio, events, results, session_results, dead
-- ARGV: utterance_id, from_stage, to_stage, final (1 or 0), event, result, ttl_s, results_maxlen, keep_audio_s,
--       session_id, wakeup_channel, result_channel, owner, keep_entries_s, language_belief
--       or '', field, value, ...
-- Returns 1, or 0 where another worker was first. The same owner's repetition (its reply was lost) answers 1 again.
local stage, committed_by = unpack(redis.call('HMGET', KEYS[2], 'stage', 'committed_by'))
if ARGV[13] ~= '' and stage == ARGV[3] and committed_by == ARGV[2] .. '@' .. ARGV[13] then return 1 end
if stage ~= ARGV[2] then return 0 end
local id, ttl, now = ARGV[1], tonumber(ARGV[7]), now_s()
redis.call('HSET', KEYS[2], 'stage', ARGV[3], 'attempts', 0, 'committed_by', ARGV[2] .. '@' .. ARGV[13], unpack(ARGV, 16))
redis.call('HDEL', KEYS[2], 'owner', 'lease_until')
not_due(ARGV[2], id)
count(KEYS[1], ARGV[2], -1)
if ARGV[15] ~= '' and redis.call('EXISTS', KEYS[1]) == 1 then redis.call('HSET', KEYS[1], 'language_belief', ARGV[15]) end
if ARGV[9] == '0' then redis.call('DEL', KEYS[3]) else redis.call('EXPIRE', KEYS[3], ARGV[9]) end
if ARGV[4] == '1' then
  redis.call('EXPIRE', KEYS[2], ttl)
else
  due(ARGV[3], id, now)
  count(KEYS[1], ARGV[3], 1)
end
if ARGV[3] == 'failed' then
  redis.call('ZADD', KEYS[7], now, id)
  redis.call('ZREMRANGEBYSCORE', KEYS[7], '-inf', now - ttl) -- what has been forgotten by now
end
if ARGV[5] ~= '' then
  redis.call('XADD', KEYS[4], 'MAXLEN', '~', 30000, '*', 'json', ARGV[5]) -- two a second for the longest talk, 4 h
  redis.call('XTRIM', KEYS[4], 'MINID', math.floor((now - ttl) * 1000)) -- of a long talk the beginning goes first
  redis.call('EXPIRE', KEYS[4], ttl)
  redis.call('PUBLISH', ARGV[11], ARGV[10])
  redis.call('PUBLISH', 'live:' .. ARGV[10] .. ':wakeup', '')
end
if ARGV[6] ~= '' then
  local entry = redis.call('XADD', KEYS[5], 'MAXLEN', '~', ARGV[8], '*', 'json', ARGV[6])
  redis.call('HSET', KEYS[2], 'result_entry', entry) -- to take it back when the utterance is tried again
  redis.call('RPUSH', KEYS[6], entry) -- to find it when the session is deleted
  redis.call('EXPIRE', KEYS[6], ARGV[14])
  keep(KEYS[1], ARGV[14]) -- as long as there is a result, its speaker may have it deleted
  redis.call('PUBLISH', ARGV[12], ARGV[6])
  local minute = 'dashboard:minute:' .. math.floor(now / 60) -- the dashboard's figures (minutes.py)
  local label, start_s, end_s = unpack(redis.call('HMGET', KEYS[2], 'label', 'start_s', 'end_s'))
  redis.call('HINCRBY', minute, ARGV[3], 1)
  redis.call('HINCRBY', minute, 'audio_ms', math.floor((end_s - start_s) * 1000 + 0.5))
  if label then redis.call('HINCRBY', minute, label, 1) end
  redis.call('EXPIRE', minute, 7200)
end
return 1
