-- Take the lease of one utterance, or of those whose turn it is in a stage.
-- KEYS: record of this claim
-- ARGV: stage, owner, lease_s, max_attempts, limit, utterance_id or ''
-- Returns {more, {status, utterance_id, fields, audio}, ...}, where more is 1 if others wait. Only what was never tried is
-- claimed beside others, so that what fails takes nobody along. Asked again with the same record (the reply was lost), it
-- answers the same and counts no attempt.
local stage, owner, lease_s = ARGV[1], ARGV[2], tonumber(ARGV[3])
local now, found, more = now_s(), {}, 0

local function give(status, id)
  local audio = redis.call('GET', 'utterance:' .. id .. ':audio') or ''
  table.insert(found, {status, id, redis.call('HGETALL', 'utterance:' .. id), audio})
end

local function status_of(id)
  local attempts = tonumber(redis.call('HGET', 'utterance:' .. id, 'attempts'))
  return attempts > tonumber(ARGV[4]) and 'exhausted' or 'claimed'
end

local function free(id)
  local key = 'utterance:' .. id
  local at = redis.call('HGET', key, 'stage')
  if not at then not_due(stage, id) return 'missing' end
  if at ~= stage then redis.call('ZREM', 'utterances:due:' .. stage, id) return 'past' end
  local lease, holder = unpack(redis.call('HMGET', key, 'lease_until', 'owner'))
  -- A worker that comes back to its own lease has lost the task it had: it may take it again at once.
  if tonumber(lease or '0') > now and holder ~= owner then return 'busy' end
  return 'free'
end

local function take(id)
  local key = 'utterance:' .. id
  redis.call('HINCRBY', key, 'attempts', 1)
  redis.call('HSET', key, 'owner', owner, 'lease_until', string.format('%.6f', now + lease_s))
  due(stage, id, now + lease_s)
  end_waiting(id)
  give(status_of(id), id)
end

-- What waits, in turn: the session with the fewest utterances here comes first, then the longest wait. So a talk that was
-- sent at once does not stand before a sentence just spoken. Nobody waits for ever: what has waited 30 s comes before all.
local function in_turn(most)
  local rows = redis.call('ZRANGEBYSCORE', 'utterances:due:' .. stage, '-inf', now, 'WITHSCORES', 'LIMIT', 0, most)
  local waiting, of_session = {}, {}
  for at = 1, #rows, 2 do
    local session = string.match(rows[at], '^(.*):') or '' -- junk is nobody's
    of_session[session] = (of_session[session] or 0) + 1
    table.insert(waiting, {id = rows[at], session = session, at = at, late = now - tonumber(rows[at + 1]) > 30})
  end
  table.sort(waiting, function(a, b)
    local before, behind = a.late and 0 or of_session[a.session], b.late and 0 or of_session[b.session]
    if before ~= behind then return before < behind end
    return a.at < b.at
  end)
  return waiting
end

for _, id in ipairs(redis.call('SMEMBERS', KEYS[1])) do
  if redis.call('HGET', 'utterance:' .. id, 'owner') == owner then give(status_of(id), id) end
end
if #found > 0 then return {0, unpack(found)} end

if ARGV[6] ~= '' then
  local status = free(ARGV[6])
  if status ~= 'free' then return {0, {status, ARGV[6], {}, ''}} end
  take(ARGV[6])
else
  local limit = tonumber(ARGV[5])
  for _, waiting in ipairs(in_turn(limit + 100)) do
    local id = waiting.id
    local fresh = redis.call('HGET', 'utterance:' .. id, 'attempts') == '0'
    if (#found == 0 or fresh) and free(id) == 'free' then
      take(id)
      if not fresh or #found == limit then break end
    end
  end
  more = #redis.call('ZRANGEBYSCORE', 'utterances:due:' .. stage, '-inf', now, 'LIMIT', 0, 1)
end
for _, row in ipairs(found) do redis.call('SADD', KEYS[1], row[2]) end
if #found > 0 then redis.call('EXPIRE', KEYS[1], 20) end
return {more, unpack(found)}
